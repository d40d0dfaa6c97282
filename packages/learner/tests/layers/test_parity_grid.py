"""Every layer against PyTorch's module over random settings: a few by default, 300 per layer in the full run.

Recurrent stacks have their own, with states and lengths, in `test_recurrent_stacks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator
from azuraforge_learner.layers import (
    ELU,
    GELU,
    LAYERS,
    AvgPool2D,
    BatchNorm,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Embedding,
    GlobalAvgPool2D,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPool2D,
    MultiHeadAttention,
    ReLU,
    RMSNorm,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    TransformerEncoder,
)

FAST, FULL = 4, 300
"""Settings per layer in the default run, and in the full one."""

Lay = Callable[[Array], Array]
Names = dict[str, tuple[str, Lay]]


def same(array: Array) -> Array:
    return array


def turned(array: Array) -> Array:
    return array.T


def front(*axes: int) -> Lay:
    return lambda array: array.transpose(axes)


AFFINE: Names = {"weight": ("weight", same), "bias": ("bias", same)}
ATTENTION: Names = {
    "w_in": ("in_proj_weight", turned),
    "b_in": ("in_proj_bias", same),
    "w_out": ("out_proj.weight", turned),
    "b_out": ("out_proj.bias", same),
}
REST: Names = {
    "widen.weight": ("linear1.weight", turned),
    "widen.bias": ("linear1.bias", same),
    "narrow.weight": ("linear2.weight", turned),
    "narrow.bias": ("linear2.bias", same),
    "first_norm.weight": ("norm1.weight", same),
    "first_norm.bias": ("norm1.bias", same),
    "second_norm.weight": ("norm2.weight", same),
    "second_norm.bias": ("norm2.bias", same),
}


class Draw:
    """Random settings from one seed."""

    def __init__(self, name: str, seed: int) -> None:
        self.source = Generator(seed).spawn(name)

    def whole(self, low: int, high: int) -> int:
        """From `low` to `high`, both possible."""
        return int(self.source.integers((), low=low, high=high + 1))

    def flag(self) -> bool:
        return bool(self.whole(0, 1))

    def one_of(self, values: Sequence[Any]) -> Any:
        return values[self.whole(0, len(values) - 1)]

    def numbers(self, *shape: int) -> Array:
        return self.source.normal(shape, dtype=np.float64)


@dataclass
class Pair:
    """A layer and its peer, and what both read."""

    make: Callable[[], Layer]
    peer: Any
    x: Array
    names: Names = field(default_factory=dict)
    is_image: bool = False


def scattered(make: Callable[[], Layer], seed: int = 20) -> Callable[[], Layer]:
    """The same layer with parameters that all differ, so that an exchange shows."""

    def made() -> Layer:
        layer = make()
        for k, parameter in enumerate(layer.parameters().values()):
            parameter.data = Generator(seed + k).normal(parameter.shape, std=0.5)
        return layer

    return made


def kept(names: Names, has_bias: bool) -> Names:
    return names if has_bias else {name: value for name, value in names.items() if name != "bias"}


def linear(d: Draw, nn: Any) -> Pair:
    inputs, outputs, has_bias = d.whole(1, 9), d.whole(1, 9), d.flag()
    x = d.numbers(*(d.whole(1, 4) for _ in range(d.whole(1, 3))), inputs)
    return Pair(
        scattered(lambda: Linear(inputs, outputs, has_bias=has_bias, generator=Generator(0))),
        nn.Linear(inputs, outputs, bias=has_bias),
        x,
        kept({"weight": ("weight", turned), "bias": ("bias", same)}, has_bias),
    )


def window(d: Draw) -> tuple[dict[str, int], dict[str, int], int, int]:
    """Our options and PyTorch's, channels and outputs."""
    groups = d.whole(1, 3)
    options = {"stride": d.whole(1, 3), "padding": d.whole(0, 2), "dilation": d.whole(1, 2), "groups": groups}
    kernel = d.whole(1, 3)
    ours = {"kernel": kernel, **options, "has_bias": d.flag()}
    theirs = {"kernel_size": kernel, **options, "bias": ours["has_bias"]}
    return ours, theirs, groups * d.whole(1, 2), groups * d.whole(1, 2)


def convolution(d: Draw, nn: Any, *, rank: int) -> Pair:
    ours, theirs, channels, outputs = window(d)
    reach = ours["dilation"] * (ours["kernel"] - 1) + 1
    space = [d.whole(max(1, reach - 2 * ours["padding"]), 9) for _ in range(rank)]
    kind, peer = ((Conv1D, nn.Conv1d), (Conv2D, nn.Conv2d))[rank - 1]
    order = front(2, 1, 0) if rank == 1 else front(3, 2, 0, 1)
    return Pair(
        scattered(lambda: kind(channels, outputs, generator=Generator(0), **ours)),
        peer(channels, outputs, **theirs),
        d.numbers(d.whole(1, 3), *space, channels),
        kept({"weight": ("weight", order), "bias": ("bias", same)}, bool(ours["has_bias"])),
        is_image=True,
    )


def transposed(d: Draw, nn: Any) -> Pair:
    ours, theirs, channels, outputs = window(d)
    reach = ours["dilation"] * (ours["kernel"] - 1) + 1
    extra = d.whole(0, ours["stride"] - 1)
    # PyTorch also refuses an extra that is not below the dilation or the stride, as ours does for the stride.
    low = max(1, -(-(2 * ours["padding"] - reach) // ours["stride"]) + 2)
    return Pair(
        scattered(lambda: ConvTranspose2D(channels, outputs, output_padding=extra, generator=Generator(0), **ours)),
        nn.ConvTranspose2d(channels, outputs, output_padding=extra, **theirs),
        d.numbers(d.whole(1, 3), d.whole(low, low + 4), d.whole(low, low + 4), channels),
        kept({"weight": ("weight", front(3, 2, 0, 1)), "bias": ("bias", same)}, bool(ours["has_bias"])),
        is_image=True,
    )


def pooling(d: Draw, nn: Any, *, kind: type[MaxPool2D] | type[AvgPool2D]) -> Pair:
    kernel = d.whole(1, 4)
    stride, padding = d.whole(0, 4), d.whole(0, kernel // 2)
    peer = nn.MaxPool2d if kind is MaxPool2D else nn.AvgPool2d
    least = max(1, kernel - 2 * padding)
    return Pair(
        lambda: kind(kernel, stride=stride, padding=padding),
        peer(kernel, stride=stride or None, padding=padding),
        d.numbers(d.whole(1, 3), d.whole(least, 9), d.whole(least, 9), d.whole(1, 3)).round(1),  # with ties
        is_image=True,
    )


def normal(d: Draw, nn: Any, *, kind: type[Layer]) -> Pair:
    # Of two or three numbers that happen to be equal, float32 knows the variance to a few digits only, PyTorch's too.
    width, epsilon = d.whole(4 if kind is LayerNorm else 1, 9), d.one_of([1e-5, 1e-3, 0.1])
    x = 1 + 2 * d.numbers(*(d.whole(1, 4) for _ in range(d.whole(1, 3))), width)
    peer, names = (nn.LayerNorm, AFFINE) if kind is LayerNorm else (nn.RMSNorm, kept(AFFINE, has_bias=False))
    return Pair(scattered(lambda: kind(width, epsilon=epsilon)), peer(width, eps=epsilon), x, names)


def group_norm(d: Draw, nn: Any) -> Pair:
    groups, epsilon = d.whole(1, 4), d.one_of([1e-5, 1e-3])
    channels = groups * d.whole(1, 3)
    x = 1 + 2 * d.numbers(d.whole(1, 3), d.whole(2, 4), d.whole(1, 4), channels)
    make = scattered(lambda: GroupNorm(groups, channels, epsilon=epsilon))
    return Pair(make, nn.GroupNorm(groups, channels, eps=epsilon), x, AFFINE, is_image=True)


def batch_norm(d: Draw, nn: Any) -> Pair:
    channels, momentum, is_training = d.whole(1, 5), d.one_of([0.1, 0.5]), d.flag()
    epsilon = d.one_of([1e-5, 1e-3])
    shape = (d.whole(3, 6), channels) if d.flag() else (d.whole(1, 3), d.whole(2, 4), d.whole(2, 4), channels)
    peer = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(channels, eps=epsilon, momentum=momentum)

    def make() -> Layer:
        peer.reset_running_stats()
        layer = scattered(lambda: BatchNorm(channels, momentum=momentum, epsilon=epsilon))()
        return layer.train() if is_training else layer.eval()

    return Pair(make, peer, 1 + 2 * d.numbers(*shape), AFFINE, is_image=True)


def embedding(d: Draw, nn: Any) -> Pair:
    count, width = d.whole(1, 9), d.whole(1, 5)
    x = d.source.integers(tuple(d.whole(1, 4) for _ in range(d.whole(1, 3))), high=count)
    make = scattered(lambda: Embedding(count, width, generator=Generator(0)))
    return Pair(make, nn.Embedding(count, width), x, {"weight": ("weight", same)})


def called(nn: Any, inner: Any, call: Callable[[Any, Any], Any]) -> Any:
    class Wrapped(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Any) -> Any:
            return call(self.inner, x)

    return Wrapped()


def future(nn: Any, time: int, is_causal: bool) -> Any:
    return nn.Transformer.generate_square_subsequent_mask(time).isinf() if is_causal else None


def prefixed(names: Names, ours: str, theirs: str) -> Names:
    return {ours + name: (theirs + other, lay) for name, (other, lay) in names.items()}


def attention(d: Draw, nn: Any) -> Pair:
    heads, time, is_causal = d.whole(1, 4), d.whole(1, 6), d.flag()
    width = heads * d.whole(1, 4)
    mask = future(nn, time, is_causal)
    peer = nn.MultiheadAttention(width, heads, batch_first=True)
    return Pair(
        scattered(lambda: MultiHeadAttention(width, heads, is_causal=is_causal, generator=Generator(0))),
        called(nn, peer, lambda inner, x: inner(x, x, x, need_weights=False, attn_mask=mask)),
        d.numbers(d.whole(1, 3), time, width),
        prefixed(ATTENTION, "", "inner."),
    )


def encoder(d: Draw, nn: Any) -> Pair:
    heads, time, blocks, hidden = d.whole(1, 3), d.whole(1, 5), d.whole(1, 2), d.whole(1, 7)
    width = heads * d.whole(4, 6)  # as for LayerNorm
    options = {"activation": d.one_of(["gelu", "relu"]), "is_norm_first": d.flag(), "is_causal": d.flag()}
    block = nn.TransformerEncoderLayer(
        width,
        heads,
        hidden,
        dropout=0.0,
        activation=options["activation"],
        batch_first=True,
        norm_first=options["is_norm_first"],
    )
    mask = future(nn, time, bool(options["is_causal"]))
    peer = called(nn, nn.TransformerEncoder(block, blocks, enable_nested_tensor=False), lambda f, x: f(x, mask=mask))
    names: Names = {}
    for k in range(blocks):
        names |= prefixed(ATTENTION, f"{k}.attention.", f"inner.layers.{k}.self_attn.")
        names |= prefixed(REST, f"{k}.", f"inner.layers.{k}.")
    make = scattered(
        lambda: TransformerEncoder(
            width, heads, hidden=hidden, blocks=blocks, dropout=0.0, generator=Generator(0), **options
        )
    )
    return Pair(make, peer, d.numbers(d.whole(1, 3), time, width), names)


def activation(d: Draw, nn: Any, *, kind: type[Layer], peer: str, **options: tuple[str, Any, Any]) -> Pair:
    """`options`: our setting, PyTorch's name of it and the values to draw from."""
    drawn = {name: (other, d.one_of(values)) for name, (other, values) in options.items()}
    ours = {name: value for name, (_, value) in drawn.items()}
    theirs = dict(drawn.values())
    extra = {"threshold": 1e9} if peer == "Softplus" else {"dim": -1} if "oftmax" in peer else {}
    x = 3 * d.numbers(*(d.whole(1, 5) for _ in range(d.whole(1, 3))), d.whole(1, 6))
    return Pair(lambda: kind(**ours), getattr(nn, peer)(**theirs, **extra), x)


Maker = Callable[[Draw, Any], Pair]
NUMBERS = (0.01, 0.3, 0.9)
GRID: dict[str, Maker] = {
    "AvgPool2D": lambda d, nn: pooling(d, nn, kind=AvgPool2D),
    "BatchNorm": batch_norm,
    "Conv1D": lambda d, nn: convolution(d, nn, rank=1),
    "Conv2D": lambda d, nn: convolution(d, nn, rank=2),
    "ConvTranspose2D": transposed,
    "ELU": lambda d, nn: activation(d, nn, kind=ELU, peer="ELU", alpha=("alpha", NUMBERS)),
    "Embedding": embedding,
    "GELU": lambda d, nn: activation(d, nn, kind=GELU, peer="GELU", approximation=("approximate", ("none", "tanh"))),
    "GlobalAvgPool2D": lambda d, nn: Pair(
        GlobalAvgPool2D,
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        d.numbers(*(d.whole(1, 5) for _ in range(4))),
        is_image=True,
    ),
    "GroupNorm": group_norm,
    "LayerNorm": lambda d, nn: normal(d, nn, kind=LayerNorm),
    "LeakyReLU": lambda d, nn: activation(d, nn, kind=LeakyReLU, peer="LeakyReLU", slope=("negative_slope", NUMBERS)),
    "Linear": linear,
    "LogSoftmax": lambda d, nn: activation(d, nn, kind=LogSoftmax, peer="LogSoftmax"),
    "MaxPool2D": lambda d, nn: pooling(d, nn, kind=MaxPool2D),
    "MultiHeadAttention": attention,
    "RMSNorm": lambda d, nn: normal(d, nn, kind=RMSNorm),
    "ReLU": lambda d, nn: activation(d, nn, kind=ReLU, peer="ReLU"),
    "SiLU": lambda d, nn: activation(d, nn, kind=SiLU, peer="SiLU"),
    "Sigmoid": lambda d, nn: activation(d, nn, kind=Sigmoid, peer="Sigmoid"),
    "Softmax": lambda d, nn: activation(d, nn, kind=Softmax, peer="Softmax"),
    "Softplus": lambda d, nn: activation(d, nn, kind=Softplus, peer="Softplus", beta=("beta", (0.5, 1.0, 3.0))),
    "Tanh": lambda d, nn: activation(d, nn, kind=Tanh, peer="Tanh"),
    "TransformerEncoder": encoder,
}
ELSEWHERE = {"Bidirectional", "Dropout", "Flatten", "GRU", "LSTM", "PositionalEncoding", "Reshape"}
"""Recurrent layers have their own grid; the others move numbers, drop them by chance, or have no peer."""


def test_no_layer_is_left_out() -> None:
    assert set(GRID) | ELSEWHERE == set(LAYERS)


def check(name: str, seed: int, *, torch: Any, parity: Any) -> None:
    torch.manual_seed(seed)
    pair = GRID[name](Draw(name, seed), torch.nn)
    parity.check(pair.make, pair.peer, pair.x, names=pair.names, is_image=pair.is_image)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(FAST))
@pytest.mark.parametrize("name", GRID)
def test_random_settings_equal_torch(name: str, seed: int, torch: Any, parity: Any) -> None:
    check(name, seed, torch=torch, parity=parity)


@pytest.mark.oracle
@pytest.mark.slow
@pytest.mark.parametrize("name", GRID)
def test_hundreds_of_random_settings_equal_torch(name: str, torch: Any, parity: Any) -> None:
    for seed in range(FAST, FULL):
        check(name, seed, torch=torch, parity=parity)
