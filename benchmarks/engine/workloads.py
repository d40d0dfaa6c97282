"""The trainings that are measured: their first weights and their data, in our layout, from one seed.

NumPy only: every candidate, ours or a peer's, reads the same values from here and turns them into its own layout.
Ours is channels last, gates of an LSTM in the order i, f, o, g, weights as (in, out); names are the parameter paths
of our model.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.agreement import CHECKED_STEPS

SEED: Final = 7

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Workload:
    """One training; `family` names the model, `sizes` what its builder needs to know."""

    name: str
    title: str
    family: str
    batch: int
    input_shape: Shape
    output_shape: Shape
    """Of one target; () is a label out of `classes`."""
    shapes: Mapping[str, Shape]
    sizes: Mapping[str, int]
    peers: tuple[str, ...] = ("torch",)
    classes: int = 0
    activation: str = "relu"
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class Start:
    """Where every candidate begins."""

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32] | npt.NDArray[np.int64]
    parameters: dict[str, npt.NDArray[np.float32]]


def start_of(workload: Workload) -> Start:
    """Data and first weights. Biases and scales are drawn too: at 0 and 1 a swapped pair would go unnoticed."""
    random = np.random.default_rng(SEED)
    x = random.standard_normal((workload.batch, *workload.input_shape), dtype=np.float32)
    y: npt.NDArray[np.float32] | npt.NDArray[np.int64]
    if workload.classes:
        y = random.integers(0, workload.classes, workload.batch, dtype=np.int64)
    else:
        y = random.standard_normal((workload.batch, *workload.output_shape), dtype=np.float32)
    return Start(x, y, {path: _draw(random, path, shape) for path, shape in workload.shapes.items()})


def first_losses(step: Callable[[], float]) -> list[float]:
    """The losses that are compared, from as many steps as that takes."""
    losses = [step() for _ in range(max(CHECKED_STEPS))]
    return [losses[count - 1] for count in CHECKED_STEPS]


def _draw(random: np.random.Generator, path: str, shape: Shape) -> npt.NDArray[np.float32]:
    is_row = len(shape) == 1
    is_scale = is_row and path.endswith("weight")
    bound = 0.1 if is_row else 1.0 / math.sqrt(math.prod(shape[:-1]))
    return (random.uniform(-bound, bound, shape) + float(is_scale)).astype(np.float32)


def _lstm(units: int) -> Workload:
    features = 5
    return Workload(
        name=f"lstm_h{units}",
        title=f"LSTM {units} units, batch 64, 60 steps, 5 features",
        family="lstm",
        batch=64,
        input_shape=(60, features),
        output_shape=(1,),
        shapes={
            "0.w_x": (features, 4 * units),
            "0.w_h": (units, 4 * units),
            "0.b": (4 * units,),
            "1.weight": (units, 1),
            "1.bias": (1,),
        },
        sizes={"features": features, "units": units},
    )


def _gru(units: int) -> Workload:
    features = 5
    return Workload(
        name=f"gru_h{units}",
        title=f"GRU {units} units, batch 64, 60 steps, 5 features",
        family="gru",
        batch=64,
        input_shape=(60, features),
        output_shape=(1,),
        shapes={
            "0.w_x": (features, 3 * units),
            "0.w_h": (units, 3 * units),
            "0.b_x": (3 * units,),
            "0.b_h": (3 * units,),
            "1.weight": (units, 1),
            "1.bias": (1,),
        },
        sizes={"features": features, "units": units},
    )


def _mlp() -> Workload:
    widths = (784, 512, 256, 10)
    shapes: dict[str, Shape] = {}
    for place, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        shapes |= {f"{2 * place}.weight": (inputs, outputs), f"{2 * place}.bias": (outputs,)}
    return Workload(
        name="mlp",
        title="MLP 784-512-256-10, batch 128",
        family="mlp",
        batch=128,
        input_shape=(784,),
        output_shape=(),
        shapes=shapes,
        sizes={},
        peers=("torch", "torch_fused"),
        classes=10,
        # At 1e-3 it knows the batch by heart after 50 steps, and a loss of 1e-6 is rounding that compares nothing.
        learning_rate=1e-4,
    )


def _cnn() -> Workload:
    return Workload(
        name="cnn",
        title="CNN 1-16-32 channels, 3x3, 28x28, batch 64",
        family="cnn",
        batch=64,
        input_shape=(28, 28, 1),
        output_shape=(),
        shapes={
            "0.weight": (3, 3, 1, 16),
            "0.bias": (16,),
            "3.weight": (3, 3, 16, 32),
            "3.bias": (32,),
            "7.weight": (5 * 5 * 32, 10),
            "7.bias": (10,),
        },
        sizes={},
        peers=("torch", "torch_channels_last"),
        classes=10,
    )


def _transformer(*, activation: str, name: str) -> Workload:
    time, width, hidden = 64, 128, 512
    return Workload(
        name=name,
        title=f"Transformer encoder block, batch 32, 64 steps, width 128, 4 heads, {activation}",
        family="transformer",
        batch=32,
        input_shape=(time, width),
        output_shape=(time, width),
        shapes={
            "0.attention.w_in": (width, 3 * width),
            "0.attention.b_in": (3 * width,),
            "0.attention.w_out": (width, width),
            "0.attention.b_out": (width,),
            "0.widen.weight": (width, hidden),
            "0.widen.bias": (hidden,),
            "0.narrow.weight": (hidden, width),
            "0.narrow.bias": (width,),
            "0.first_norm.weight": (width,),
            "0.first_norm.bias": (width,),
            "0.second_norm.weight": (width,),
            "0.second_norm.bias": (width,),
        },
        sizes={"width": width, "heads": 4, "hidden": hidden},
        activation=activation,
    )


def _residual() -> Workload:
    channels, window = 32, (3, 3, 32, 32)
    return Workload(
        name="residual",
        title="Conv-BatchNorm-ReLU residual block, 32 channels, 16x16, batch 32",
        family="residual",
        batch=32,
        input_shape=(16, 16, channels),
        output_shape=(),
        shapes={
            "0.body.0.weight": window,
            "0.body.1.weight": (channels,),
            "0.body.1.bias": (channels,),
            "0.body.3.weight": window,
            "0.body.4.weight": (channels,),
            "0.body.4.bias": (channels,),
            "3.weight": (channels, 10),
            "3.bias": (10,),
        },
        sizes={"channels": channels},
        classes=10,
    )


_ALL = (
    _lstm(64),
    _lstm(256),
    _gru(64),
    _mlp(),
    _cnn(),
    _transformer(activation="relu", name="transformer"),
    _residual(),
)
WORKLOADS: Final[Mapping[str, Workload]] = {workload.name: workload for workload in _ALL}
INFERENCE: Final = ("lstm_h64", "lstm_h256", "mlp", "cnn", "transformer")
"""The five models that answer one row at a time in the inference benchmark."""
