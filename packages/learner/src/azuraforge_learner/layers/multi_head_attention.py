"""MultiHeadAttention: every step looks at all steps, in several ways at once."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import Array, Generator, Tensor, ops
from azuraforge_core.errors import ShapeError
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.initialisers import glorot_uniform, zeros
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, Settings, SettingSpec, Shape, size_setting

IS_CAUSAL = SettingSpec("is_causal", SettingKind.BOOLEAN, default=False)


def check_heads(settings: Settings) -> None:
    """Refuse heads that do not divide the width."""
    if settings["width"] % settings["heads"]:
        raise LayerInvalid(f"heads must divide width: {settings['heads']} against {settings['width']}")


def _shape(settings: Settings, shape: Shape) -> Shape:
    if len(shape) != 2 or shape[-1] != settings["width"]:
        raise LayerInvalid(f"MultiHeadAttention takes (time, {settings['width']}) per sample, not shape {shape}")
    return shape


def _parameters(settings: Settings) -> int:
    width = int(settings["width"])
    return 4 * width * (width + 1)


def attention_flops(width: int, *, time: int) -> int:
    """Four projections of every step, and every step against every other, twice."""
    return 2 * time * width * (4 * width + 2 * time)


class MultiHeadAttention(Layer):
    """Self-attention over axis 1 (Vaswani 2017): `x (n, time, width)` gives the same shape.

    `w_in (width, 3 width)` and `b_in (3 width,)` make queries, keys and values, each split over the heads;
    `w_out (width, width)` and `b_out (width,)` mix the heads' answers. Weights start after Glorot, biases at 0. With
    `is_causal` a step sees itself and those before it.
    """

    spec: ClassVar = LayerSpec(
        type="MultiHeadAttention",
        version=1,
        title={"tr": "Çok başlı dikkat", "en": "Multi-head attention"},
        description={
            "tr": "Her adım bütün adımlara birkaç ayrı gözle bakar ve önemli olanları toplar.",
            "en": "Every step looks at all steps in several ways and gathers what matters.",
        },
        parameters=(size_setting("width"), size_setting("heads"), IS_CAUSAL),
        shape_of=_shape,
        parameters_of=_parameters,
        flops_of=lambda settings, shape: attention_flops(int(settings["width"]), time=shape[0]),
        check_together=check_heads,
        is_drawn=True,
    )

    def __init__(self, width: int, heads: int, *, generator: Generator, is_causal: bool = False) -> None:
        self.width, self.heads, self.is_causal = width, heads, is_causal
        self.spec.resolve(self.settings())
        self.w_in = Parameter(glorot_uniform((width, 3 * width), generator=generator))
        self.b_in = Parameter(zeros((3 * width,)))
        self.w_out = Parameter(glorot_uniform((width, width), generator=generator))
        self.b_out = Parameter(zeros((width,)))

    def forward(self, x: Tensor, *, is_real: Array | None = None) -> Tensor:
        """`x (n, time, width)` → the same shape.

        `is_real (n, time)` is False at steps that only fill up a short sequence: nobody looks at them.

        Raises:
            LayerInvalid: `x` has another shape.
            ShapeError, DtypeError: `is_real` does not fit.
        """
        if len(x.shape) != 3 or x.shape[-1] != self.width:
            raise LayerInvalid(f"MultiHeadAttention takes x (n, time, {self.width}), not {tuple(x.shape)}")
        if is_real is not None and is_real.shape != x.shape[:2]:
            raise ShapeError(f"MultiHeadAttention: is_real {is_real.shape}; needed is (n, time) {x.shape[:2]}")
        mask = None if is_real is None else is_real[:, None, None, :]
        packed = ops.linear(x, self.w_in, self.b_in)
        joined = ops.self_attention(packed, heads=self.heads, mask=mask, is_causal=self.is_causal)
        return ops.linear(joined, self.w_out, self.b_out)
