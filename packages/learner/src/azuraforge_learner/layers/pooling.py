"""Pooling: an image made smaller, without parameters, channels last."""

from __future__ import annotations

import math
from typing import ClassVar

from azuraforge_core import Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.spec import (
    LayerSpec,
    SettingKind,
    Settings,
    SettingSpec,
    Shape,
    no_parameters,
    one_per_number,
)
from azuraforge_learner.layers.windows import KERNEL, MAX_WINDOW, PADDING, need_space, slide

_STRIDE = SettingSpec("stride", SettingKind.INTEGER, minimum=0, maximum=MAX_WINDOW, default=0)
"""0: as long as the kernel, so that windows do not overlap."""


def _spec(name: str, *, title: dict[str, str], description: dict[str, str], onnx_op: str) -> LayerSpec:
    def shape_of(settings: Settings, shape: Shape) -> Shape:
        space = need_space(name, shape, rank=2, channels=None)
        known = {**settings, "stride": settings["stride"] or settings["kernel"]}
        return (*(slide(name, length, known) for length in space), shape[-1])

    return LayerSpec(
        type=name,
        version=1,
        title=title,
        description=description,
        parameters=(KERNEL, _STRIDE, PADDING),
        shape_of=shape_of,
        parameters_of=no_parameters,
        flops_of=lambda settings, shape: math.prod(shape_of(settings, shape)) * settings["kernel"] ** 2,
        onnx_op=onnx_op,
        check_together=_check_padding,
    )


def _check_padding(settings: Settings) -> None:
    if 2 * settings["padding"] > settings["kernel"]:
        raise LayerInvalid(
            f"padding must be at most half of the kernel, else windows are empty: {settings['padding']} "
            f"against {settings['kernel']}"
        )


class MaxPool2D(Layer):
    """Largest number of every window: `x (n, height, width, channels)` gives `(n, rows, columns, channels)`.

    A stride of 0 is that of the kernel. Of equal numbers the first gets the gradient.
    """

    spec: ClassVar = _spec(
        "MaxPool2D",
        title={"tr": "En büyük havuzlama", "en": "Max pooling"},
        description={
            "tr": "Her pencerenin en büyük değerini bırakır.",
            "en": "Keeps the largest number of every window.",
        },
        onnx_op="MaxPool",
    )

    def __init__(self, kernel: int, *, stride: int = 0, padding: int = 0) -> None:
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.spec.resolve(self.settings())

    @property
    def is_side_by_side(self) -> bool:
        """Whether every number is read by one window at most, and every window is whole."""
        return self.stride in {0, self.kernel} and not self.padding

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, height, width, channels)` → `(n, rows, columns, channels)`."""
        return ops.max_pool2d(x, self.kernel, stride=self.stride or None, padding=self.padding)


class AvgPool2D(Layer):
    """Mean of every window, zeros of the padding counted; otherwise as `MaxPool2D`."""

    spec: ClassVar = _spec(
        "AvgPool2D",
        title={"tr": "Ortalama havuzlama", "en": "Average pooling"},
        description={"tr": "Her pencerenin ortalamasını alır.", "en": "Takes the mean of every window."},
        onnx_op="AveragePool",
    )

    def __init__(self, kernel: int, *, stride: int = 0, padding: int = 0) -> None:
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.spec.resolve(self.settings())

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, height, width, channels)` → `(n, rows, columns, channels)`."""
        return ops.average_pool2d(x, self.kernel, stride=self.stride or None, padding=self.padding)


def _global_shape(settings: Settings, shape: Shape) -> Shape:
    del settings
    need_space("GlobalAvgPool2D", shape, rank=2, channels=None)
    return shape[-1:]


class GlobalAvgPool2D(Layer):
    """Mean over the whole image: `x (n, height, width, channels)` gives `(n, channels)`."""

    spec: ClassVar = LayerSpec(
        type="GlobalAvgPool2D",
        version=1,
        title={"tr": "Genel ortalama havuzlama", "en": "Global average pooling"},
        description={
            "tr": "Her kanaldan bütün görüntünün ortalamasını bırakır.",
            "en": "Keeps the mean of the whole image per channel.",
        },
        parameters=(),
        shape_of=_global_shape,
        parameters_of=no_parameters,
        flops_of=one_per_number,
        onnx_op="GlobalAveragePool",
    )

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, height, width, channels)` → `(n, channels)`."""
        return ops.global_average_pool2d(x)
