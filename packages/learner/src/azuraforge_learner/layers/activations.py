"""Activations as layers, without parameters: elementwise, or along the last axis."""

from __future__ import annotations

from collections.abc import Mapping
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
    same_shape,
)


def _spec(
    name: str,
    *settings: SettingSpec,
    tr: str,
    en: str,
    onnx_op: str | None,
    onnx_attributes: Mapping[str, str] | None = None,
) -> LayerSpec:
    return LayerSpec(
        type=name,
        version=1,
        title={"tr": name, "en": name},
        description={"tr": tr, "en": en},
        parameters=settings,
        shape_of=_last_axis if name in {"Softmax", "LogSoftmax"} else same_shape,
        parameters_of=no_parameters,
        flops_of=one_per_number,
        onnx_op=onnx_op,
        onnx_attributes=onnx_attributes,
    )


def _last_axis(settings: Settings, shape: Shape) -> Shape:
    del settings
    if not shape:
        raise LayerInvalid("a softmax needs an axis of classes per sample, not shape ()")
    return shape


class ELU(Layer):
    """Answers x where positive, `alpha * (exp(x) - 1)` elsewhere."""

    spec: ClassVar = _spec(
        "ELU",
        SettingSpec("alpha", SettingKind.NUMBER, minimum=0.0, maximum=100.0, default=1.0),
        tr="Eksi değerleri -alpha'ya doğru yumuşakça büker.",
        en="Bends negative values smoothly towards -alpha.",
        onnx_op="Elu",
        onnx_attributes={"alpha": "alpha"},
    )

    def __init__(self, *, alpha: float = 1.0) -> None:
        self.spec.resolve({"alpha": alpha})
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.elu(x, alpha=self.alpha)


class GELU(Layer):
    """x times the normal distribution's probability of being below x; `tanh` is the faster approximation."""

    spec: ClassVar = _spec(
        "GELU",
        SettingSpec("approximation", SettingKind.CHOICE, choices=("none", "tanh"), default="none"),
        tr="Değeri, normal dağılımda ondan küçük olma olasılığıyla çarpar.",
        en="Weighs a value with the normal probability of being below it.",
        onnx_op="Gelu",
        onnx_attributes={"approximation": "approximate"},
    )

    def __init__(self, *, approximation: str = "none") -> None:
        self.spec.resolve({"approximation": approximation})
        self.approximation = approximation

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.gelu(x, approximation=self.approximation)


class LeakyReLU(Layer):
    """Answers x where positive, `slope * x` elsewhere."""

    spec: ClassVar = _spec(
        "LeakyReLU",
        SettingSpec("slope", SettingKind.NUMBER, minimum=0.0, maximum=1.0, default=0.01),
        tr="Eksi değerleri küçük bir eğimle geçirir.",
        en="Lets negative values through at a small slope.",
        onnx_op="LeakyRelu",
        onnx_attributes={"slope": "alpha"},
    )

    def __init__(self, *, slope: float = 0.01) -> None:
        self.spec.resolve({"slope": slope})
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.leaky_relu(x, slope=self.slope)


class LogSoftmax(Layer):
    """Logarithms of `Softmax`, exact where a probability rounds to zero."""

    spec: ClassVar = _spec(
        "LogSoftmax",
        tr="Son eksendeki değerleri olasılıkların logaritmasına çevirir.",
        en="Turns the last axis into logarithms of probabilities.",
        onnx_op="LogSoftmax",
    )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.log_softmax(x)


class ReLU(Layer):
    """max(x, 0)."""

    spec: ClassVar = _spec(
        "ReLU",
        tr="Eksi değerleri sıfırlar.",
        en="Replaces negative values by zero.",
        onnx_op="Relu",
        onnx_attributes={},
    )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.relu(x)


class SiLU(Layer):
    """x * sigmoid(x), also called swish."""

    spec: ClassVar = _spec(
        "SiLU",
        tr="Değeri kendi sigmoid'iyle çarpar (swish).",
        en="Multiplies a value by its own sigmoid (swish).",
        onnx_op=None,
    )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.silu(x)


class Sigmoid(Layer):
    """1 / (1 + exp(-x))."""

    spec: ClassVar = _spec(
        "Sigmoid",
        tr="Değerleri 0 ile 1 arasına sıkıştırır.",
        en="Squeezes values between 0 and 1.",
        onnx_op="Sigmoid",
        onnx_attributes={},
    )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.sigmoid(x)


class Softmax(Layer):
    """Positive numbers along the last axis that add up to one."""

    spec: ClassVar = _spec(
        "Softmax",
        tr="Son eksendeki değerleri toplamı bir olan olasılıklara çevirir.",
        en="Turns the last axis into probabilities that add up to one.",
        onnx_op="Softmax",
    )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.softmax(x)


class Softplus(Layer):
    """log(1 + exp(beta * x)) / beta, a smooth ReLU."""

    spec: ClassVar = _spec(
        "Softplus",
        SettingSpec("beta", SettingKind.NUMBER, minimum=1e-3, maximum=1e3, default=1.0),
        tr="ReLU'nun yumuşak hâli; sonuç her zaman artıdır.",
        en="A smooth ReLU; the answer is always positive.",
        onnx_op="Softplus",
    )

    def __init__(self, *, beta: float = 1.0) -> None:
        self.spec.resolve({"beta": beta})
        self.beta = beta

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.softplus(x, beta=self.beta)


class Tanh(Layer):
    """Hyperbolic tangent."""

    spec: ClassVar = _spec(
        "Tanh",
        tr="Değerleri -1 ile 1 arasına sıkıştırır.",
        en="Squeezes values between -1 and 1.",
        onnx_op="Tanh",
        onnx_attributes={},
    )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.tanh(x)
