"""PyTorch's side: the same models, eager, with our first weights brought into its layouts.

Variants: "" is eager with its default Adam, "fused" takes `Adam(fused=True)`, "channels_last" also the memory format
of that name, PyTorch's best for images.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from engine.workloads import WORKLOADS, Start, Workload, first_losses, start_of

Arrays = dict[str, torch.Tensor]


class LastStep(nn.Module):
    """A recurrent layer and a `Linear` on its last step."""

    def __init__(self, recurrent: nn.LSTM | nn.GRU, units: int) -> None:
        super().__init__()
        self.recurrent, self.out = recurrent, nn.Linear(units, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.recurrent(x)[0][:, -1])


class EncoderBlock(nn.Module):
    """A pre-LN block over `scaled_dot_product_attention`: fewer copies than `nn.TransformerEncoderLayer` makes."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        width, hidden = workload.sizes["width"], workload.sizes["hidden"]
        self.heads, self.is_gelu = workload.sizes["heads"], workload.activation == "gelu"
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, time, width = x.shape
        packed = self.qkv(self.first_norm(x)).view(n, time, 3, self.heads, width // self.heads)
        q, k, v = packed.permute(2, 0, 3, 1, 4)
        heads = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.mix(heads.transpose(1, 2).reshape(n, time, width))
        wide = self.widen(self.second_norm(x))
        return x + self.narrow(functional.gelu(wide) if self.is_gelu else functional.relu(wide))


class ResidualBlock(nn.Module):
    """Two convolutions with BatchNorm around which the input passes, and a classifier on the mean of the image."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.first_norm, self.second_norm = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.out = nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = functional.relu(self.first_norm(self.first(x)))
        joined = functional.relu(x + self.second_norm(self.second(inner)))
        return self.out(joined.mean((2, 3)))


def _gates(w: torch.Tensor) -> torch.Tensor:
    i, f, o, g = w.chunk(4, dim=-1)  # ours; PyTorch's are i, f, g, o
    return torch.cat([i, f, g, o], dim=-1)


def _window(weight: torch.Tensor) -> torch.Tensor:
    return weight.permute(3, 2, 0, 1)  # (rows, columns, in, out) to (out, in, rows, columns)


def _turned(array: torch.Tensor) -> torch.Tensor:
    return array.T if array.ndim == 2 else array  # (in, out) to (out, in); a row stays one


def _lstm(workload: Workload, arrays: Arrays) -> nn.Module:
    model = LastStep(
        nn.LSTM(workload.sizes["features"], workload.sizes["units"], batch_first=True), workload.sizes["units"]
    )
    _fill(
        model,
        {
            "recurrent.weight_ih_l0": _gates(arrays["0.w_x"]).T,
            "recurrent.weight_hh_l0": _gates(arrays["0.w_h"]).T,
            "recurrent.bias_ih_l0": _gates(arrays["0.b"]),
            "recurrent.bias_hh_l0": torch.zeros_like(arrays["0.b"]),
            "out.weight": arrays["1.weight"].T,
            "out.bias": arrays["1.bias"],
        },
    )
    # One bias is trained, as ours is: two would each take Adam's whole step.
    model.recurrent.bias_hh_l0.requires_grad = False
    return model


def _gru(workload: Workload, arrays: Arrays) -> nn.Module:
    model = LastStep(
        nn.GRU(workload.sizes["features"], workload.sizes["units"], batch_first=True), workload.sizes["units"]
    )
    _fill(
        model,
        {
            "recurrent.weight_ih_l0": arrays["0.w_x"].T,
            "recurrent.weight_hh_l0": arrays["0.w_h"].T,
            "recurrent.bias_ih_l0": arrays["0.b_x"],
            "recurrent.bias_hh_l0": arrays["0.b_h"],
            "out.weight": arrays["1.weight"].T,
            "out.bias": arrays["1.bias"],
        },
    )
    return model


def _mlp(workload: Workload, arrays: Arrays) -> nn.Module:
    del workload
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
    _fill(model, {path: _turned(array) for path, array in arrays.items()})
    return model


def _cnn(workload: Workload, arrays: Arrays) -> nn.Module:
    del workload
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(5 * 5 * 32, 10),
    )
    rows = arrays["7.weight"].view(5, 5, 32, 10).permute(2, 0, 1, 3).reshape(800, 10)  # channels first in its flatten
    windows = {path: _window(arrays[path]) for path in ("0.weight", "3.weight")}
    _fill(model, arrays | windows | {"7.weight": rows.T})
    return model


def _transformer(workload: Workload, arrays: Arrays) -> nn.Module:
    model = EncoderBlock(workload)
    names = {
        "0.attention.w_in": "qkv.weight",
        "0.attention.b_in": "qkv.bias",
        "0.attention.w_out": "mix.weight",
        "0.attention.b_out": "mix.bias",
    }
    _fill(model, {names.get(path, path.removeprefix("0.")): _turned(array) for path, array in arrays.items()})
    return model


def _residual(workload: Workload, arrays: Arrays) -> nn.Module:
    model = ResidualBlock(workload.sizes["channels"])
    _fill(
        model,
        {
            "first.weight": _window(arrays["0.body.0.weight"]),
            "first_norm.weight": arrays["0.body.1.weight"],
            "first_norm.bias": arrays["0.body.1.bias"],
            "second.weight": _window(arrays["0.body.3.weight"]),
            "second_norm.weight": arrays["0.body.4.weight"],
            "second_norm.bias": arrays["0.body.4.bias"],
            "out.weight": arrays["3.weight"].T,
            "out.bias": arrays["3.bias"],
        },
    )
    return model


FAMILIES: dict[str, Callable[[Workload, Arrays], nn.Module]] = {
    "lstm": _lstm,
    "gru": _gru,
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
    "residual": _residual,
}
IMAGES = {"cnn", "residual"}


def model_of(workload: Workload, start: Start, *, variant: str = "") -> tuple[nn.Module, torch.Tensor]:
    """The model with the workload's first weights, and its input in the model's layout."""
    arrays = {path: torch.tensor(array) for path, array in start.parameters.items()}
    model, x = FAMILIES[workload.family](workload, arrays), torch.tensor(start.x)
    if workload.family in IMAGES:
        x = x.permute(0, 3, 1, 2)
        layout = torch.channels_last if variant == "channels_last" else torch.contiguous_format
        model, x = model.to(memory_format=layout), x.contiguous(memory_format=layout)
    return model, x


def training_step(workload: Workload, *, variant: str = "", dtype: torch.dtype = torch.float32) -> Callable[[], float]:
    """One training step: forward, loss, backward, Adam, and the loss as a Python number."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    start = start_of(workload)
    model, x = model_of(workload, start, variant=variant)
    model, x, y = model.to(dtype), x.to(dtype), torch.tensor(start.y)
    y = y if workload.classes else y.to(dtype)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=workload.learning_rate, fused=True if variant else None)
    loss_of = functional.cross_entropy if workload.classes else functional.mse_loss

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def make_step(subject: str, *, variant: str = "") -> tuple[Callable[[], float], list[float]]:
    """A training step and the losses that are compared."""
    step = training_step(WORKLOADS[subject], variant=variant)
    return step, first_losses(step)


def make_answer(subject: str, *, variant: str = "") -> tuple[Callable[[], object], list[float]]:
    """One answer to one row."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    model, x = model_of(WORKLOADS[subject], start_of(WORKLOADS[subject]), variant=variant)
    model.eval()
    row = x[:1].contiguous()

    def answer() -> np.ndarray:
        with torch.inference_mode():
            return model(row).numpy()

    return answer, answer().ravel().tolist()


def facts() -> dict[str, str]:
    """What computes here."""
    return {"torch": torch.__version__, "torch_isa": torch.backends.cpu.get_cpu_capability()}


def _fill(model: nn.Module, values: dict[str, torch.Tensor]) -> None:
    own = dict(model.named_parameters())
    if own.keys() != values.keys():
        raise SystemExit(f"the weights do not fit PyTorch's model: {sorted(own.keys() ^ values.keys())}")
    with torch.no_grad():
        for name, value in values.items():
            own[name].copy_(value)
