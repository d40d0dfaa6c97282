"""PositionalEncoding: tells a layer that sees all steps at once where each of them stands."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np

from azuraforge_core import Array, Tensor, beside
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.spec import LayerSpec, Settings, Shape, no_parameters, one_per_number, size_setting

LONGEST_WAVE = 10_000.0


def _shape(settings: Settings, shape: Shape) -> Shape:
    if len(shape) != 2 or shape[-1] != settings["width"]:
        raise LayerInvalid(f"PositionalEncoding takes (time, {settings['width']}) per sample, not shape {shape}")
    return shape


class PositionalEncoding(Layer):
    """Adds waves of many lengths to `x (n, time, width)` (Vaswani 2017); nothing is trained.

    Column 2i holds sin(step / 10000^(2i / width)), column 2i + 1 the cosine of the same.
    """

    spec: ClassVar = LayerSpec(
        type="PositionalEncoding",
        version=1,
        title={"tr": "Konum kodlaması", "en": "Positional encoding"},
        description={
            "tr": "Her adıma dizideki yerini anlatan dalgalar ekler.",
            "en": "Adds waves to every step that tell its place in the sequence.",
        },
        parameters=(size_setting("width"),),
        shape_of=_shape,
        parameters_of=no_parameters,
        flops_of=one_per_number,
        onnx_op="Add",
    )

    def __init__(self, width: int) -> None:
        self.width = width
        self.spec.resolve(self.settings())

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x (n, time, width)`."""
        if len(x.shape) != 3 or x.shape[-1] != self.width:
            raise LayerInvalid(f"PositionalEncoding takes x (n, time, {self.width}), not {tuple(x.shape)}")
        return x + Tensor(beside(x.data, _rows(x.shape[1], self.width, str(x.dtype))))


@lru_cache(maxsize=16)
def _rows(time: int, width: int, dtype: str) -> Array:
    rows = waves(time, width).astype(dtype)
    rows.flags.writeable = False
    return rows


def waves(time: int, width: int) -> Array:
    """`(time, width)` sines and cosines in float64."""
    lengths = LONGEST_WAVE ** (np.arange(0, width, 2) / width)
    angles = np.arange(time)[:, None] / lengths
    found = np.empty((time, width))
    found[:, 0::2] = np.sin(angles)
    found[:, 1::2] = np.cos(angles[:, : width // 2])
    return found
