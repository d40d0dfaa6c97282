"""Reshape: the same numbers of each sample in another shape."""

from __future__ import annotations

import math
from typing import ClassVar

from azuraforge_core import Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, Settings, SettingSpec, Shape, no_flops, no_parameters


def _shape(settings: Settings, shape: Shape) -> Shape:
    wanted: Shape = settings["shape"]
    if -1 in shape:
        raise LayerInvalid(f"Reshape needs a fixed length on every axis, not shape {shape}")
    size, known = math.prod(shape), math.prod(length for length in wanted if length != -1)
    if size % known if -1 in wanted else size != known:
        raise LayerInvalid(f"Reshape cannot lay out {shape}, which is {size} numbers, as {wanted}")
    return tuple(size // known if length == -1 else length for length in wanted)


def _check(settings: Settings) -> None:
    if settings["shape"].count(-1) > 1 or 0 in settings["shape"]:
        raise LayerInvalid(f"shape must hold lengths from 1 on and at most one -1, not {settings['shape']}")


class Reshape(Layer):
    """`x (n, ...)` → `(n, *shape)` in row order; one length may be -1, whatever is left."""

    spec: ClassVar = LayerSpec(
        type="Reshape",
        version=1,
        title={"tr": "Yeniden biçimle", "en": "Reshape"},
        description={
            "tr": "Her örneğin sayılarını başka bir biçimde dizer.",
            "en": "Lays out the numbers of each sample in another shape.",
        },
        parameters=(SettingSpec("shape", SettingKind.INTEGERS, minimum=-1, maximum=2**31),),
        shape_of=_shape,
        parameters_of=no_parameters,
        flops_of=no_flops,
        onnx_op="Reshape",
        check_together=_check,
    )

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.spec.resolve({"shape": shape})
        self.shape = tuple(shape)

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, ...)` → `(n, *shape)`."""
        return ops.reshape(x, (x.shape[0], *_shape({"shape": self.shape}, x.shape[1:])))
