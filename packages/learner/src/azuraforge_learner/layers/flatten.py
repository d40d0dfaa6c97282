"""Flatten: one long row per sample."""

from __future__ import annotations

import math
from typing import ClassVar

from azuraforge_core import Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.spec import LayerSpec, Settings, Shape, no_flops, no_parameters


def _shape(settings: Settings, shape: Shape) -> Shape:
    del settings
    if -1 in shape:
        raise LayerInvalid(f"Flatten needs a fixed length on every axis, not shape {shape}")
    return (math.prod(shape),)


class Flatten(Layer):
    """`x (n, ...)` → `(n, product of the rest)`."""

    spec: ClassVar = LayerSpec(
        type="Flatten",
        version=1,
        title={"tr": "Düzleştir", "en": "Flatten"},
        description={"tr": "Her örneği tek bir satır yapar.", "en": "Turns each sample into one row."},
        parameters=(),
        shape_of=_shape,
        parameters_of=no_parameters,
        flops_of=no_flops,
        onnx_op="Flatten",
    )

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, ...)` → `(n, product of the rest)`."""
        return ops.flatten(x)
