"""Models that PyTorch itself exports come in and answer as PyTorch does."""

import io
import warnings
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Tensor
from azuraforge_learner.layers import to_graph
from azuraforge_learner.onnx import import_onnx

Build = Callable[[Any], Any]


def recurrent(kind: str, answer: Callable[[Any], Any], **options: Any) -> Build:
    def build(torch: Any) -> Any:
        class Network(torch.nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.inner = getattr(torch.nn, kind)(3, 4, **options)

            def forward(self, x: Any) -> Any:
                return answer(self.inner(x))

        return Network()

    return build


def block(torch: Any) -> Any:
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.norm, self.second = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1)
            self.last = nn.Linear(2, 3)

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.second(torch.relu(self.norm(self.first(x)))) + x)
            return self.last(x.mean([2, 3]))

    return Block()


def dense(torch: Any) -> Any:
    """Each convolution reads everything before it, as in a DenseNet, and the image itself comes back at the end."""
    nn = torch.nn

    class Dense(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(5, 4, 3, padding=1)
            self.norm, self.last = nn.BatchNorm2d(9), nn.Linear(9, 3)

        def forward(self, x: Any) -> Any:
            a = torch.relu(self.first(x))
            b = torch.relu(self.second(torch.cat([x, a], 1)))
            y = self.norm(torch.cat([x, a, b], 1))
            return self.last(y.mean([2, 3]))

    return Dense()


def row(*make: Callable[[Any], Any]) -> Build:
    return lambda torch: torch.nn.Sequential(*(part(torch.nn) for part in make))


STATES = itemgetter(0)
"""Of what a recurrent module answers, (all states, last ones)."""
IMAGE, ROW, SEQUENCE = (2, 2, 6, 6), (2, 3), (2, 5, 3)

NETWORKS: dict[str, tuple[Build, tuple[int, ...], list[str]]] = {
    "LSTM, all states": (recurrent("LSTM", STATES, batch_first=True), SEQUENCE, ["LSTM"]),
    "LSTM, last of all states": (recurrent("LSTM", lambda both: both[0][:, -1], batch_first=True), SEQUENCE, ["LSTM"]),
    "LSTM of two layers, last state": (
        recurrent("LSTM", lambda both: both[1][0][-1], batch_first=True, num_layers=2), SEQUENCE, ["LSTM", "LSTM"],
    ),
    "LSTM, time first": (recurrent("LSTM", STATES), SEQUENCE, ["LSTM"]),
    "LSTM, both directions": (
        recurrent("LSTM", STATES, batch_first=True, bidirectional=True), SEQUENCE, ["Bidirectional"],
    ),
    "GRU of two layers, both directions": (
        recurrent("GRU", STATES, batch_first=True, bidirectional=True, num_layers=2), SEQUENCE, ["Bidirectional"] * 2,
    ),
    "GRU, last state": (recurrent("GRU", lambda both: both[1][-1], batch_first=True), SEQUENCE, ["GRU"]),
    "rows": (
        row(lambda nn: nn.Linear(3, 4), lambda nn: nn.BatchNorm1d(4), lambda nn: nn.ReLU(), lambda nn: nn.Dropout(0.2),
            lambda nn: nn.Linear(4, 2, bias=False), lambda nn: nn.Softmax(-1)),
        ROW, ["Linear", "BatchNorm", "ReLU", "Linear", "Softmax"],
    ),
    "sequences": (
        row(lambda nn: nn.Linear(3, 4), lambda nn: nn.LayerNorm(4), lambda nn: nn.Tanh()),
        SEQUENCE, ["Linear", "LayerNorm", "Tanh"],
    ),
    "activations": (
        row(lambda nn: nn.ELU(0.5), lambda nn: nn.GELU(), lambda nn: nn.GELU("tanh"), lambda nn: nn.LeakyReLU(0.2),
            lambda nn: nn.SiLU(), lambda nn: nn.Softplus(), lambda nn: nn.Softplus(2.0), lambda nn: nn.Sigmoid(),
            lambda nn: nn.LogSoftmax(-1)),
        ROW, ["ELU", "GELU", "GELU", "LeakyReLU", "SiLU", "Softplus", "Softplus", "Sigmoid", "LogSoftmax"],
    ),
    "image to classes": (
        row(lambda nn: nn.Conv2d(2, 3, 3, padding=1), lambda nn: nn.BatchNorm2d(3), lambda nn: nn.ReLU(),
            lambda nn: nn.MaxPool2d(3, 2, 1), lambda nn: nn.Conv2d(3, 6, 2, groups=3), lambda nn: nn.Flatten(),
            lambda nn: nn.ReLU(), lambda nn: nn.Linear(24, 4)),
        IMAGE, ["Conv2D", "ReLU", "MaxPool2D", "Conv2D", "Flatten", "ReLU", "Linear"],
    ),
    "image to image": (
        row(lambda nn: nn.Conv2d(2, 4, 3, padding=1), lambda nn: nn.GroupNorm(2, 4), lambda nn: nn.AvgPool2d(2),
            lambda nn: nn.ConvTranspose2d(4, 2, 3, stride=2, output_padding=1, padding=1)),
        IMAGE, ["Conv2D", "GroupNorm", "AvgPool2D", "ConvTranspose2D"],
    ),
    "image to means": (
        row(lambda nn: nn.Conv2d(2, 3, 3), lambda nn: nn.AdaptiveAvgPool2d(1), lambda nn: nn.Flatten(),
            lambda nn: nn.Linear(3, 4)),
        IMAGE, ["Conv2D", "GlobalAvgPool2D", "Linear"],
    ),
    "a row of channels": (
        row(lambda nn: nn.Conv1d(3, 4, 3, padding=2, dilation=2), lambda nn: nn.ReLU()), (2, 3, 7), ["Conv1D", "ReLU"],
    ),
    "a residual block": (block, IMAGE, ["Residual", "ReLU", "GlobalAvgPool2D", "Linear"]),
    "a dense block": (
        dense, IMAGE,
        ["Conv2D", "ReLU", "Concat", "Conv2D", "ReLU", "Concat", "BatchNorm", "GlobalAvgPool2D", "Linear"],
    ),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("opset", [14, 17, 20])
@pytest.mark.parametrize("name", NETWORKS)
def test_what_pytorch_exports_comes_in(torch: ModuleType, name: str, opset: int, path: Path) -> None:
    build, shape, wanted = NETWORKS[name]
    torch.manual_seed(1)
    network, x, file = build(torch).eval(), torch.randn(shape), io.BytesIO()
    for label, buffer in network.named_buffers():
        if "running" in label:
            buffer.uniform_(0.5, 1.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        free = {"x": {1 if name.endswith("time first") else 0: "n"}}
        torch.onnx.export(network, (x,), file, dynamo=False, opset_version=opset, input_names=["x"], dynamic_axes=free)
    path.write_bytes(file.getvalue())
    back = import_onnx(path)
    assert [entry["type"] for entry in to_graph(back.model)["nodes"]] == wanted
    answer = back.model(Tensor(np.ascontiguousarray(x.numpy().transpose(back.input_axes)))).data
    with torch.no_grad():
        np.testing.assert_allclose(answer.transpose(back.output_axes), network(x).numpy(), rtol=1e-5, atol=1e-5)
