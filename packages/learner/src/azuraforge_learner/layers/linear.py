"""Linear: every output is a weighted sum of all inputs."""

from __future__ import annotations

import math
from typing import ClassVar

from azuraforge_core import Generator, Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.initialisers import fan_in_uniform
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, Settings, SettingSpec, Shape, size_setting


def _shape(settings: Settings, shape: Shape) -> Shape:
    if not shape or shape[-1] != settings["inputs"]:
        raise LayerInvalid(f"Linear takes {settings['inputs']} inputs on the last axis, not shape {shape}")
    return (*shape[:-1], int(settings["outputs"]))


def _parameters(settings: Settings) -> int:
    return int(settings["outputs"]) * (int(settings["inputs"]) + bool(settings["has_bias"]))


class Linear(Layer):
    """`x @ weight + bias` on the last axis.

    `x (n, ..., inputs)` gives `(n, ..., outputs)`; `weight (inputs, outputs)`, `bias (outputs,)`. Both start uniform
    within ±1/√inputs, so that the answer's variance does not grow with the width.
    """

    spec: ClassVar = LayerSpec(
        type="Linear",
        version=1,
        title={"tr": "Doğrusal", "en": "Linear"},
        description={
            "tr": "Her çıkış, bütün girişlerin ağırlıklı toplamıdır.",
            "en": "Every output is a weighted sum of all inputs.",
        },
        parameters=(
            size_setting("inputs"),
            size_setting("outputs"),
            SettingSpec("has_bias", SettingKind.BOOLEAN, default=True),
        ),
        shape_of=_shape,
        parameters_of=_parameters,
        flops_of=lambda settings, shape: 2 * math.prod(shape) * int(settings["outputs"]),
        onnx_op="Gemm",
        is_drawn=True,
    )

    def __init__(self, inputs: int, outputs: int, *, generator: Generator, has_bias: bool = True) -> None:
        self.spec.resolve({"inputs": inputs, "outputs": outputs, "has_bias": has_bias})
        self.inputs = inputs
        self.outputs = outputs
        self.has_bias = has_bias
        self.weight = Parameter(fan_in_uniform((inputs, outputs), fan_in=inputs, generator=generator))
        self.bias = Parameter(fan_in_uniform((outputs,), fan_in=inputs, generator=generator)) if has_bias else None

    def forward(self, x: Tensor) -> Tensor:
        """`x (n, ..., inputs)` → `(n, ..., outputs)`."""
        return ops.linear(x, self.weight, self.bias)

    def forward_rectified(self, x: Tensor) -> Tensor:
        """The same and its ReLU, in one op."""
        return ops.linear(x, self.weight, self.bias, is_rectified=True)
