"""What the layers that read a sequence step by step have in common: their settings, their shape and their input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from azuraforge_core import Tensor
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.spec import SettingKind, Settings, SettingSpec, Shape, size_setting

SEQUENCE_SETTINGS: Final = (
    size_setting("features"),
    size_setting("units"),
    SettingSpec("return_sequences", SettingKind.BOOLEAN, default=False),
)


def sequence_shape(layer: str) -> Callable[[Settings, Shape], Shape]:
    """The shape rule of `layer`: `(time, features)` gives `(units,)` or, with `return_sequences`, `(time, units)`."""

    def shape_of(settings: Settings, shape: Shape) -> Shape:
        if len(shape) != 2 or shape[-1] != settings["features"]:
            raise LayerInvalid(f"{layer} takes (time, {settings['features']}) per sample, not shape {shape}")
        units = int(settings["units"])
        return (shape[0], units) if settings["return_sequences"] else (units,)

    return shape_of


def need_sequence(layer: str, x: Tensor, *, features: int) -> None:
    """Return if `x` is `(n, time, features)`.

    Raises:
        LayerInvalid: names the layer, the shape it needs and the shape it saw.
    """
    if len(x.shape) != 3 or x.shape[-1] != features:
        raise LayerInvalid(f"{layer} takes x (n, time, {features}), not {tuple(x.shape)}")
