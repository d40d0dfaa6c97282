"""Layers that bring numbers to one scale per sample: the same in training and in use."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from azuraforge_core import Tensor, ops
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.layer import Layer, Parameter
from azuraforge_learner.layers.spec import (
    LayerSpec,
    SettingKind,
    Settings,
    SettingSpec,
    Shape,
    one_per_number,
    size_setting,
)

EPSILON = SettingSpec("epsilon", SettingKind.NUMBER, minimum=1e-12, maximum=1.0, default=1e-5)


def keep_width(name: str, settings: Settings, shape: Shape, *, setting: str) -> Shape:
    """The shape, whose last axis must be as wide as a setting says.

    Raises:
        LayerInvalid: it is not.
    """
    if not shape or shape[-1] != settings[setting]:
        raise LayerInvalid(f"{name} takes {settings[setting]} {setting} on the last axis, not shape {shape}")
    return shape


class LayerNorm(Layer):
    """Mean 0 and variance 1 over the last axis of every place, then `weight` times that plus `bias` (Ba 2016).

    `x (n, ..., features)`, `weight` and `bias (features,)`, ones and zeros at first.
    """

    spec: ClassVar = LayerSpec(
        type="LayerNorm",
        version=1,
        title={"tr": "Katman normalleştirme", "en": "Layer normalisation"},
        description={
            "tr": "Her örneğin özelliklerini aynı ortalamaya ve yayılıma getirir.",
            "en": "Brings the features of each sample to one mean and spread.",
        },
        parameters=(size_setting("features"), EPSILON),
        shape_of=lambda settings, shape: keep_width("LayerNorm", settings, shape, setting="features"),
        parameters_of=lambda settings: 2 * int(settings["features"]),
        flops_of=one_per_number,
        onnx_op="LayerNormalization",
    )

    def __init__(self, features: int, *, epsilon: float = 1e-5) -> None:
        self.features, self.epsilon = features, epsilon
        self.spec.resolve(self.settings())
        self.weight = Parameter(np.ones(features, dtype=np.float32))
        self.bias = Parameter(np.zeros(features, dtype=np.float32))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.layer_norm(x, self.weight, self.bias, epsilon=self.epsilon)

    def add_forward(self, x: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        """`x + other` and its normalisation, in one go."""
        return ops.add_layer_norm(x, other, self.weight, self.bias, epsilon=self.epsilon)


class RMSNorm(Layer):
    """Divides by the root mean square over the last axis, then times `weight`; no mean (Zhang and Sennrich 2019).

    `x (n, ..., features)`, `weight (features,)`, ones at first.
    """

    spec: ClassVar = LayerSpec(
        type="RMSNorm",
        version=1,
        title={"tr": "RMS normalleştirme", "en": "RMS normalisation"},
        description={
            "tr": "Her örneği kendi karesel ortalamasına böler; katman normalleştirmeden ucuzdur.",
            "en": "Divides each sample by its root mean square; cheaper than layer normalisation.",
        },
        parameters=(size_setting("features"), EPSILON),
        shape_of=lambda settings, shape: keep_width("RMSNorm", settings, shape, setting="features"),
        parameters_of=lambda settings: int(settings["features"]),
        flops_of=one_per_number,
    )

    def __init__(self, features: int, *, epsilon: float = 1e-5) -> None:
        self.features, self.epsilon = features, epsilon
        self.spec.resolve(self.settings())
        self.weight = Parameter(np.ones(features, dtype=np.float32))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.rms_norm(x, self.weight, epsilon=self.epsilon)


def _check_groups(settings: Settings) -> None:
    if settings["channels"] % settings["groups"]:
        raise LayerInvalid(f"groups must divide channels: {settings['groups']} against {settings['channels']}")


class GroupNorm(Layer):
    """Mean 0 and variance 1 over all places of each group of neighbouring channels (Wu and He 2018).

    `x (n, ..., channels)`, `weight` and `bias (channels,)`, ones and zeros at first. Does not need a large batch.
    """

    spec: ClassVar = LayerSpec(
        type="GroupNorm",
        version=1,
        title={"tr": "Grup normalleştirme", "en": "Group normalisation"},
        description={
            "tr": "Komşu kanal gruplarını her örnekte ayrı ayrı aynı ölçeğe getirir.",
            "en": "Brings groups of neighbouring channels to one scale, sample by sample.",
        },
        parameters=(
            size_setting("groups"),
            size_setting("channels"),
            EPSILON,
        ),
        shape_of=lambda settings, shape: keep_width("GroupNorm", settings, shape, setting="channels"),
        parameters_of=lambda settings: 2 * int(settings["channels"]),
        flops_of=one_per_number,
        onnx_op="GroupNormalization",
        check_together=_check_groups,
    )

    def __init__(self, groups: int, channels: int, *, epsilon: float = 1e-5) -> None:
        self.groups, self.channels, self.epsilon = groups, channels, epsilon
        self.spec.resolve(self.settings())
        self.weight = Parameter(np.ones(channels, dtype=np.float32))
        self.bias = Parameter(np.zeros(channels, dtype=np.float32))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as `x`."""
        return ops.group_norm(x, self.weight, self.bias, groups=self.groups, epsilon=self.epsilon)
