"""Batch normalisation, in plain array code: every axis but the last makes rows."""

from __future__ import annotations

import math

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import ChannelGradients, ChannelMoments, ChannelOperands


def channel_moments(xp: ArrayModule, x: Array, *, epsilon: float) -> ChannelMoments:
    """Mean, variance and scale of every channel, in two passes, so that a large mean costs no digits."""
    over, count = tuple(range(x.ndim - 1)), math.prod(x.shape[:-1])
    mean = xp.sum(x, axis=over) / count
    centred = x - mean
    variance = xp.sum(centred * centred, axis=over) / count
    return ChannelMoments(mean, variance, 1 / xp.sqrt(variance + float(epsilon)))


def normalize_channels(
    xp: ArrayModule,
    x: Array,
    affine: tuple[Array, Array],
    moments: ChannelMoments,
    *,
    more: Array | None,
    is_rectified: bool,
) -> Array:
    """`(x - mean) scale w + b`, and `more` if there is some; its positive part if asked for."""
    w, b = affine
    y = (x - moments.mean) * moments.scale * w + b
    if more is not None:
        y += more
    return xp.maximum(y, 0) if is_rectified else y


def normalize_channels_vjp(
    xp: ArrayModule, g: Array, operands: ChannelOperands, *, is_fixed: bool, needs_more: bool
) -> ChannelGradients:
    """`(g w - mean(g w) - z mean(g w z)) scale` with z standardised: what mean and variance take away."""
    x, w, moments, y = operands
    if y is not None:
        g = g * (y > 0)
    over, count = tuple(range(x.ndim - 1)), math.prod(x.shape[:-1])
    z = (x - moments.mean) * moments.scale
    db, dw = xp.sum(g, axis=over), xp.sum(g * z, axis=over)
    dx = g * (w * moments.scale)
    if not is_fixed:
        dx -= (db + z * dw) * (w * moments.scale / count)
    return ChannelGradients(dx, dw, db, g if needs_more else None)
