"""TransformerEncoder: attention and a small network per step, each added to what it read, a few times over."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import Array, Generator, Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.dropout import Dropout
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.linear import Linear
from azuraforge_learner.layers.multi_head_attention import IS_CAUSAL, MultiHeadAttention, attention_flops, check_heads
from azuraforge_learner.layers.normalization import LayerNorm
from azuraforge_learner.layers.spec import LayerSpec, SettingKind, Settings, SettingSpec, Shape, size_setting

MAX_BLOCKS = 128


def _shape(settings: Settings, shape: Shape) -> Shape:
    if len(shape) != 2 or shape[-1] != settings["width"]:
        raise LayerInvalid(f"TransformerEncoder takes (time, {settings['width']}) per sample, not shape {shape}")
    return shape


def _parameters(settings: Settings) -> int:
    width, hidden = int(settings["width"]), int(settings["hidden"])
    attention, norms = 4 * width * (width + 1), 4 * width
    return int(settings["blocks"]) * (attention + norms + hidden * (2 * width + 1) + width)


def _flops(settings: Settings, shape: Shape) -> int:
    width, hidden, time = int(settings["width"]), int(settings["hidden"]), shape[0]
    return int(settings["blocks"]) * (attention_flops(width, time=time) + 4 * time * width * hidden)


class EncoderBlock(Layer):
    """One attention and one network of a `TransformerEncoder`; `settings` are the encoder's, checked by it."""

    def __init__(self, settings: Settings, *, generator: Generator) -> None:
        width, hidden, p = settings["width"], settings["hidden"], settings["dropout"]
        self.is_norm_first, self.is_gelu = settings["is_norm_first"], settings["activation"] == "gelu"
        self.attention = MultiHeadAttention(
            width, settings["heads"], generator=generator, is_causal=settings["is_causal"]
        )
        self.widen = Linear(width, hidden, generator=generator)
        self.narrow = Linear(hidden, width, generator=generator)
        self.first_norm, self.second_norm = LayerNorm(width), LayerNorm(width)
        self.after_attention, self.within, self.after_network = Dropout(p), Dropout(p), Dropout(p)

    def forward(self, x: Tensor, *, is_real: Array | None = None) -> Tensor:
        """Same shape as `x (n, time, width)`."""
        if self.is_norm_first:
            x, normed = self.second_norm.add_forward(x, self._attend(self.first_norm(x), is_real=is_real))
            return x + self._think(normed)
        _, x = self.first_norm.add_forward(x, self._attend(x, is_real=is_real))
        return self.second_norm.add_forward(x, self._think(x))[1]

    def _attend(self, x: Tensor, *, is_real: Array | None) -> Tensor:
        return self.after_attention(self.attention.forward(x, is_real=is_real))

    def _think(self, x: Tensor) -> Tensor:
        active = ops.gelu(self.widen(x)) if self.is_gelu else self.widen.forward_rectified(x)
        return self.after_network(self.narrow(self.within(active)))


class TransformerEncoder(Layer):
    """`blocks` times: attention, then two `Linear`s over every step, each added to its input and normalised.

    `x (n, time, width)` gives the same shape. With `is_norm_first` each part normalises what it reads, which trains
    without warm-up (Xiong 2020), else what it answers (Vaswani 2017). `dropout` acts on both parts' answers and
    between the two `Linear`s, not on the weights of attention.
    """

    spec: ClassVar = LayerSpec(
        type="TransformerEncoder",
        version=1,
        title={"tr": "Transformer kodlayıcı", "en": "Transformer encoder"},
        description={
            "tr": "Dikkat ile her adımı işleyen küçük bir ağı art arda birkaç kez uygular.",
            "en": "Applies attention and a small network over every step, a few times in a row.",
        },
        parameters=(
            size_setting("width"),
            size_setting("heads"),
            size_setting("hidden"),
            SettingSpec("blocks", SettingKind.INTEGER, minimum=1, maximum=MAX_BLOCKS, default=1),
            SettingSpec("dropout", SettingKind.NUMBER, minimum=0.0, maximum=0.99, default=0.1),
            SettingSpec("activation", SettingKind.CHOICE, choices=("gelu", "relu"), default="gelu"),
            SettingSpec("is_norm_first", SettingKind.BOOLEAN, default=True),
            IS_CAUSAL,
        ),
        shape_of=_shape,
        parameters_of=_parameters,
        flops_of=_flops,
        check_together=check_heads,
        is_drawn=True,
    )

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        hidden: int,
        generator: Generator,
        blocks: int = 1,
        dropout: float = 0.1,
        activation: str = "gelu",
        is_norm_first: bool = True,
        is_causal: bool = False,
    ) -> None:
        self.width, self.heads, self.hidden, self.blocks = width, heads, hidden, blocks
        self.dropout, self.activation = dropout, activation
        self.is_norm_first, self.is_causal = is_norm_first, is_causal
        known = self.spec.resolve(self.settings())
        self.stack = tuple(EncoderBlock(known, generator=generator) for _ in range(blocks))

    def forward(self, x: Tensor, *, is_real: Array | None = None) -> Tensor:
        """`x (n, time, width)` → the same shape; `is_real (n, time)` is False at steps that only fill up."""
        if len(x.shape) != 3 or x.shape[-1] != self.width:
            raise LayerInvalid(f"TransformerEncoder takes x (n, time, {self.width}), not {tuple(x.shape)}")
        for block in self.stack:
            x = block.forward(x, is_real=is_real)
        return x
