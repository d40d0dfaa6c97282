"""Convolutions: the same small weights look at every place of a row or an image, channels last."""

from __future__ import annotations

import math
from typing import ClassVar, TypedDict

from azuraforge_core import Generator, Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.initialisers import fan_in_uniform
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, Settings, SettingSpec, Shape, size_setting
from azuraforge_learner.layers.windows import (
    CONVOLUTION,
    DILATION,
    GROUPS,
    HAS_BIAS,
    KERNEL,
    MAX_WINDOW,
    PADDING,
    STRIDE,
    check_groups,
    count_products,
    count_weights,
    need_space,
    slide,
)


def _shape_1d(settings: Settings, shape: Shape) -> Shape:
    (length,) = need_space("Conv1D", shape, rank=1, channels=settings["channels"])
    return (slide("Conv1D", length, settings), int(settings["outputs"]))


def _shape_2d(settings: Settings, shape: Shape) -> Shape:
    space = need_space("Conv2D", shape, rank=2, channels=settings["channels"])
    return (*(slide("Conv2D", length, settings) for length in space), int(settings["outputs"]))


class _Window(TypedDict):
    stride: int
    padding: int
    dilation: int
    groups: int


class _Convolution(Layer):
    """Weights and settings of a cross-correlation over `rank` axes."""

    rank: ClassVar[int]

    def __init__(
        self,
        channels: int,
        outputs: int,
        *,
        kernel: int,
        generator: Generator,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        has_bias: bool = True,
    ) -> None:
        self.channels, self.outputs, self.kernel, self.stride = channels, outputs, kernel, stride
        self.padding, self.dilation, self.groups, self.has_bias = padding, dilation, groups, has_bias
        self.spec.resolve(self.settings())
        window = (kernel,) * self.rank
        fan_in = math.prod(window) * channels // groups
        shape = (*window, channels // groups, outputs)
        self.weight = Parameter(fan_in_uniform(shape, fan_in=fan_in, generator=generator))
        self.bias = Parameter(fan_in_uniform((outputs,), fan_in=fan_in, generator=generator)) if has_bias else None

    def _window(self) -> _Window:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}


class Conv1D(_Convolution):
    """Cross-correlation along axis 1: `x (n, length, channels)` gives `(n, places, outputs)`.

    `weight (kernel, channels / groups, outputs)`, `bias (outputs,)`, both uniform at first within ±1/√fan_in.
    """

    rank: ClassVar = 1
    spec: ClassVar = LayerSpec(
        type="Conv1D",
        version=1,
        title={"tr": "Evrişim (1B)", "en": "Convolution (1D)"},
        description={
            "tr": "Bir dizinin her yerine aynı küçük ağırlıklarla bakar.",
            "en": "Looks at every place of a row with the same small weights.",
        },
        parameters=CONVOLUTION,
        shape_of=_shape_1d,
        parameters_of=lambda settings: count_weights(settings, rank=1),
        flops_of=lambda settings, shape: count_products(settings, _shape_1d(settings, shape), rank=1),
        onnx_op="Conv",
        check_together=check_groups,
        is_drawn=True,
    )

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, length, channels)` → `(n, places, outputs)`."""
        return ops.conv1d(x, self.weight, self.bias, **self._window())

    def forward_rectified(self, x: Tensor) -> Tensor:
        """The same and its ReLU, in one op."""
        return ops.conv1d(x, self.weight, self.bias, **self._window(), is_rectified=True)


class Conv2D(_Convolution):
    """Cross-correlation over an image: `x (n, height, width, channels)` gives `(n, rows, columns, outputs)`.

    `weight (kernel, kernel, channels / groups, outputs)`, `bias (outputs,)`, both uniform at first within ±1/√fan_in.
    """

    rank: ClassVar = 2
    spec: ClassVar = LayerSpec(
        type="Conv2D",
        version=1,
        title={"tr": "Evrişim (2B)", "en": "Convolution (2D)"},
        description={
            "tr": "Bir görüntünün her yerine aynı küçük ağırlıklarla bakar.",
            "en": "Looks at every place of an image with the same small weights.",
        },
        parameters=CONVOLUTION,
        shape_of=_shape_2d,
        parameters_of=lambda settings: count_weights(settings, rank=2),
        flops_of=lambda settings, shape: count_products(settings, _shape_2d(settings, shape), rank=2),
        onnx_op="Conv",
        check_together=check_groups,
        is_drawn=True,
    )

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, height, width, channels)` → `(n, rows, columns, outputs)`."""
        return ops.conv2d(x, self.weight, self.bias, **self._window())

    def forward_rectified(self, x: Tensor) -> Tensor:
        """The same and its ReLU, in one op."""
        return ops.conv2d(x, self.weight, self.bias, **self._window(), is_rectified=True)

    def forward_pooled(self, x: Tensor, *, kernel: int) -> Tensor:
        """The same, its ReLU and the largest number of every window of `kernel` rows and columns, in one op."""
        return ops.conv2d(x, self.weight, self.bias, **self._window(), pool=kernel)


def _paint(length: int, settings: Settings) -> int:
    if length == -1:
        return -1
    reach = settings["dilation"] * (settings["kernel"] - 1) + 1
    painted = (length - 1) * settings["stride"] - 2 * settings["padding"] + reach + settings["output_padding"]
    if painted < 1:
        raise LayerInvalid(f"ConvTranspose2D's padding {settings['padding']} leaves nothing of a side of {length}")
    return int(painted)


def _shape_transposed(settings: Settings, shape: Shape) -> Shape:
    space = need_space("ConvTranspose2D", shape, rank=2, channels=settings["channels"])
    return (*(_paint(length, settings) for length in space), int(settings["outputs"]))


def _check_transposed(settings: Settings) -> None:
    check_groups(settings)
    if settings["output_padding"] >= settings["stride"]:
        raise LayerInvalid(
            f"output_padding must be below the stride: {settings['output_padding']} against {settings['stride']}"
        )


def _count_transposed(settings: Settings) -> int:
    each = settings["kernel"] ** 2 * (settings["outputs"] // settings["groups"])
    return int(settings["channels"] * each + settings["outputs"] * settings["has_bias"])


def _paint_flops(settings: Settings, shape: Shape) -> int:
    return int(2 * math.prod(shape) * settings["kernel"] ** 2 * (settings["outputs"] // settings["groups"]))


class ConvTranspose2D(Layer):
    """Paints the kernel onto a larger image for every pixel: a `Conv2D` from answer to input.

    `x (n, height, width, channels)` gives `(n, rows, columns, outputs)` with
    rows = (height - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.
    `weight (kernel, kernel, outputs / groups, channels)`, `bias (outputs,)`.
    """

    spec: ClassVar = LayerSpec(
        type="ConvTranspose2D",
        version=1,
        title={"tr": "Devrik evrişim (2B)", "en": "Transposed convolution (2D)"},
        description={
            "tr": "Her pikseli küçük bir fırça gibi daha büyük bir görüntüye boyar.",
            "en": "Paints every pixel onto a larger image as with a small brush.",
        },
        parameters=(
            size_setting("channels"),
            size_setting("outputs"),
            KERNEL,
            STRIDE,
            PADDING,
            SettingSpec("output_padding", SettingKind.INTEGER, minimum=0, maximum=MAX_WINDOW, default=0),
            DILATION,
            GROUPS,
            HAS_BIAS,
        ),
        shape_of=_shape_transposed,
        parameters_of=_count_transposed,
        flops_of=_paint_flops,
        onnx_op="ConvTranspose",
        check_together=_check_transposed,
        is_drawn=True,
    )

    def __init__(
        self,
        channels: int,
        outputs: int,
        *,
        kernel: int,
        generator: Generator,
        stride: int = 1,
        padding: int = 0,
        output_padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        has_bias: bool = True,
    ) -> None:
        self.channels, self.outputs, self.kernel, self.stride = channels, outputs, kernel, stride
        self.padding, self.output_padding, self.dilation = padding, output_padding, dilation
        self.groups, self.has_bias = groups, has_bias
        self.spec.resolve(self.settings())
        fan_in = kernel * kernel * outputs // groups
        shape = (kernel, kernel, outputs // groups, channels)
        self.weight = Parameter(fan_in_uniform(shape, fan_in=fan_in, generator=generator))
        self.bias = Parameter(fan_in_uniform((outputs,), fan_in=fan_in, generator=generator)) if has_bias else None

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, height, width, channels)` → `(n, rows, columns, outputs)`."""
        return ops.conv_transpose2d(
            x,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation=self.dilation,
            groups=self.groups,
        )
