"""Settings and shape rules of layers that slide a window over an image or a row. Windows are square."""

from __future__ import annotations

import math

from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.spec import SettingKind, Settings, SettingSpec, Shape, size_setting

MAX_WINDOW = 1_024
"""Longest kernel, stride, padding and dilation that a document may ask for."""

KERNEL = SettingSpec("kernel", SettingKind.INTEGER, minimum=1, maximum=MAX_WINDOW)
STRIDE = SettingSpec("stride", SettingKind.INTEGER, minimum=1, maximum=MAX_WINDOW, default=1)
PADDING = SettingSpec("padding", SettingKind.INTEGER, minimum=0, maximum=MAX_WINDOW, default=0)
DILATION = SettingSpec("dilation", SettingKind.INTEGER, minimum=1, maximum=MAX_WINDOW, default=1)
GROUPS = SettingSpec("groups", SettingKind.INTEGER, minimum=1, maximum=65_536, default=1)
HAS_BIAS = SettingSpec("has_bias", SettingKind.BOOLEAN, default=True)

CONVOLUTION = (size_setting("channels"), size_setting("outputs"), KERNEL, STRIDE, PADDING, DILATION, GROUPS, HAS_BIAS)


def check_groups(settings: Settings) -> None:
    """Refuse groups that do not divide the channels on both sides."""
    channels, outputs, groups = settings["channels"], settings["outputs"], settings["groups"]
    if channels % groups or outputs % groups:
        raise LayerInvalid(
            f"groups must divide channels and outputs: {groups} does not divide {channels} and {outputs}"
        )


def count_weights(settings: Settings, *, rank: int) -> int:
    """Parameters of a convolution over `rank` axes."""
    each = settings["kernel"] ** rank * (settings["channels"] // settings["groups"])
    return int(settings["outputs"] * (each + settings["has_bias"]))


def count_products(settings: Settings, answer: Shape, *, rank: int) -> int:
    """Multiplications and additions of a convolution with one sample's answer of the shape `answer`."""
    each = settings["kernel"] ** rank * (settings["channels"] // settings["groups"])
    return int(2 * math.prod(answer) * each)


def need_space(name: str, shape: Shape, *, rank: int, channels: int | None) -> Shape:
    """The lengths of the `rank` axes before the channels.

    Raises:
        LayerInvalid: one sample's shape is another.
    """
    if len(shape) != rank + 1 or (channels is not None and shape[-1] != channels):
        axes = {1: "length", 2: "height, width"}[rank]
        last = "channels" if channels is None else channels
        raise LayerInvalid(f"{name} takes ({axes}, {last}) per sample, not shape {shape}")
    return shape[:-1]


def slide(name: str, length: int, settings: Settings) -> int:
    """How many places a window has along an axis; -1 stays open.

    Raises:
        LayerInvalid: the window is larger than the axis.
    """
    if length == -1:
        return -1
    reach = settings.get("dilation", 1) * (settings["kernel"] - 1) + 1
    places = (length + 2 * settings["padding"] - reach) // settings["stride"] + 1
    if places < 1:
        raise LayerInvalid(f"{name}'s window of {reach} is larger than {length} with padding {settings['padding']}")
    return int(places)
