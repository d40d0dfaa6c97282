"""Standardising over axes, in plain array code."""

from __future__ import annotations

import math

from azuraforge_core.backend.protocol import ArrayModule, Standardized
from azuraforge_core.dtypes import Array


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
