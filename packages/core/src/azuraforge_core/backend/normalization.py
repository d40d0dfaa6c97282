"""Standardising over axes, in plain array code."""

from __future__ import annotations

import math
from typing import NamedTuple

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import NormalizedGroups, NormalizedRows


class Standardized(NamedTuple):
    """Numbers with mean 0 and variance 1 over some axes, and what they were divided by."""

    y: Array
    mean: Array
    variance: Array
    scale: Array  # 1 / sqrt(variance + epsilon)


def standardize(xp: ArrayModule, x: Array, *, axes: tuple[int, ...], epsilon: float) -> Standardized:
    """`(x - mean) / sqrt(variance + epsilon)` over `axes`, in two passes, so that a large mean costs no digits."""
    count = math.prod(x.shape[axis] for axis in axes)
    mean = xp.sum(x, axis=axes, keepdims=True) / count
    centred = x - mean
    variance = xp.sum(centred * centred, axis=axes, keepdims=True) / count
    scale = 1 / xp.sqrt(variance + float(epsilon))
    centred *= scale
    return Standardized(centred, mean, variance, scale)


def standardize_vjp(xp: ArrayModule, g: Array, standardized: Standardized, *, axes: tuple[int, ...]) -> Array:
    """`(g - mean(g) - y mean(g y)) * scale`: what mean and variance take away (Ioffe and Szegedy 2015)."""
    y = standardized.y
    count = math.prod(y.shape[axis] for axis in axes)
    mean_g = xp.sum(g, axis=axes, keepdims=True) / count
    mean_gy = xp.sum(g * y, axis=axes, keepdims=True) / count
    dx: Array = (g - mean_g - y * mean_gy) * standardized.scale
    return dx


def normalize_rows(
    xp: ArrayModule, x: Array, w: Array, *, b: Array | None, epsilon: float, is_centred: bool, other: Array | None
) -> NormalizedRows:
    """Layer normalisation of `x + other`, or of its root mean square where it is not centred."""
    total = x if other is None else x + other
    if is_centred:
        saved = standardize(xp, total, axes=(1,), epsilon=epsilon)
        y, mean, scale = saved.y, saved.mean, saved.scale
    else:
        scale = 1 / xp.sqrt(xp.sum(total * total, axis=1, keepdims=True) / total.shape[1] + float(epsilon))
        y, mean = total * scale, xp.zeros_like(scale)
    weighted = y * w
    return NormalizedRows(weighted if b is None else weighted + b, total, xp.concatenate([mean, scale], axis=1))


def normalize_rows_vjp(
    xp: ArrayModule, g: Array, saved: NormalizedRows, *, w: Array, is_centred: bool, beside: Array | None
) -> tuple[Array, Array, Array]:
    """Gradients of the rows, of `w` and of `b`."""
    mean, scale = saved.levels[:, :1], saved.levels[:, 1:]
    y = (saved.x - mean) * scale
    if is_centred:
        dx = standardize_vjp(xp, g * w, Standardized(y, mean, mean, scale), axes=(1,))
    else:
        weighted = g * w
        dx = (weighted - y * (xp.sum(weighted * y, axis=1, keepdims=True) / g.shape[1])) * scale
    return dx if beside is None else dx + beside, xp.sum(g * y, axis=0), xp.sum(g, axis=0)


def normalize_groups(xp: ArrayModule, x: Array, w: Array, *, b: Array, groups: int, epsilon: float) -> NormalizedGroups:
    """Standardise over all places of each group of neighbouring channels, sample by sample."""
    samples, places, channels = x.shape
    saved = standardize(xp, x.reshape(samples, places, groups, channels // groups), axes=(1, 3), epsilon=epsilon)
    levels = [xp.broadcast_to(each, (samples, 1, groups, channels // groups)) for each in (saved.mean, saved.scale)]
    return NormalizedGroups(
        saved.y.reshape(x.shape) * w + b, x, xp.concatenate([each.reshape(samples, 1, channels) for each in levels], 1)
    )


def normalize_groups_vjp(
    xp: ArrayModule, g: Array, saved: NormalizedGroups, *, w: Array, groups: int
) -> tuple[Array, Array, Array]:
    """Gradients of x, w and b."""
    samples, places, channels = g.shape
    inner = (samples, places, groups, channels // groups)
    y = (saved.x - saved.levels[:, :1]) * saved.levels[:, 1:]
    scale = saved.levels[:, 1:].reshape(samples, 1, *inner[2:])
    dx = standardize_vjp(xp, (g * w).reshape(inner), Standardized(y.reshape(inner), scale, scale, scale), axes=(1, 3))
    return dx.reshape(g.shape), xp.sum(g * y, axis=(0, 1)), xp.sum(g, axis=(0, 1))
