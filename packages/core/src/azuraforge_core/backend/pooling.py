"""Pooling over any number of spatial axes, in plain array code, channels last; windows may overlap."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import Window


def max_pool(xp: ArrayModule, x: Array, *, window: Window) -> tuple[Array, Array]:
    """Largest number of every window, and which of its positions held it first."""
    low = -math.inf
    padded = _padded(xp, x, window=window, value=low)
    places = window.places(x.shape[1:-1])
    y = xp.full((x.shape[0], *places, x.shape[-1]), low, dtype=x.dtype)
    chosen = xp.zeros(y.shape, dtype="int32")
    for k, part in enumerate(window.slices(places)):
        piece = padded[(slice(None), *part)]
        is_larger = (piece > y) | ((piece != piece) & (y == y))  # noqa: PLR0124 - NaN wins, as everywhere
        chosen = xp.where(is_larger, k, chosen)
        y = xp.where(is_larger, piece, y)
    return y, chosen


def max_pool_vjp(xp: ArrayModule, g: Array, chosen: Array, *, window: Window, space: tuple[int, ...]) -> Array:
    """The gradient goes to the position that was chosen."""
    return _spread(xp, (xp.where(chosen == k, g, 0) for k in itertools.count()), g, window=window, space=space)


def average_pool(xp: ArrayModule, x: Array, *, window: Window) -> Array:
    """Mean of every window; zeros of the padding count."""
    if _is_whole(window, x.shape[1:-1]):
        over = tuple(range(1, x.ndim - 1))
        whole: Array = xp.sum(x, axis=over, keepdims=True) / math.prod(window.kernel)
        return whole
    padded = _padded(xp, x, window=window, value=0.0)
    places = window.places(x.shape[1:-1])
    y = xp.zeros((x.shape[0], *places, x.shape[-1]), dtype=x.dtype)
    for part in window.slices(places):
        y += padded[(slice(None), *part)]
    y /= math.prod(window.kernel)
    return y


def average_pool_vjp(xp: ArrayModule, g: Array, *, window: Window, space: tuple[int, ...]) -> Array:
    """Every position of a window gets its share."""
    if _is_whole(window, space):
        return xp.broadcast_to(g / math.prod(window.kernel), (g.shape[0], *space, g.shape[-1]))
    return _spread(xp, itertools.repeat(g / math.prod(window.kernel)), g, window=window, space=space)


def _is_whole(window: Window, space: tuple[int, ...]) -> bool:
    """Whether one window holds the whole image: one sum, instead of one per position."""
    return window.kernel == space and not any(window.padding)


def _padded(xp: ArrayModule, x: Array, *, window: Window, value: float) -> Array:
    widths = ((0, 0), *((p, p) for p in window.padding), (0, 0))
    return xp.pad(x, widths, constant_values=value) if any(window.padding) else x


def _spread(xp: ArrayModule, pieces: Iterator[Array], g: Array, *, window: Window, space: tuple[int, ...]) -> Array:
    """Add one piece per kernel position onto the positions that it came from."""
    n, channels = g.shape[0], g.shape[-1]
    padded = xp.zeros((n, *(s + 2 * p for s, p in zip(space, window.padding, strict=True)), channels), dtype=g.dtype)
    for part, piece in zip(window.slices(g.shape[1:-1]), pieces, strict=False):
        padded[(slice(None), *part)] += piece
    return padded[(slice(None), *(slice(p, p + s) for s, p in zip(space, window.padding, strict=True)))]
