"""Convolution over any number of spatial axes, in plain array code, channels last.

The windows of every output position are laid side by side (im2col), one shifted slice per kernel position, and one
GEMM per group does the rest. Backward lays them out again rather than keep kernel-size copies of the input alive.
"""

from __future__ import annotations

import math

from azuraforge_core.backend.protocol import ArrayModule, Window
from azuraforge_core.dtypes import Array


def convolve(xp: ArrayModule, x: Array, w: Array, *, window: Window) -> Array:
    """Cross-correlation: `x (n, *space, c)`, `w (*kernel, c / groups, out)`, answer (n, *places, out)."""
    places = window.places(x.shape[1:-1])
    columns = _columns(xp, x, window=window)
    y = xp.matmul(columns, _grouped_weights(w, window=window))
    return y.transpose(1, 0, 2).reshape(x.shape[0], *places, w.shape[-1])


def convolve_input_vjp(xp: ArrayModule, g: Array, w: Array, *, window: Window, space: tuple[int, ...]) -> Array:
    """Gradient of the input of `convolve`, which is also the forward of a transposed convolution."""
    n, places = g.shape[0], g.shape[1:-1]
    channels = w.shape[-2]
    columns = xp.matmul(_grouped_outputs(g, window=window), _grouped_weights(w, window=window).swapaxes(1, 2))
    blocks = columns.reshape(window.groups, n, *places, math.prod(window.kernel), channels)
    outer = tuple(s + 2 * p for s, p in zip(space, window.padding, strict=True))
    padded = xp.zeros((n, *outer, window.groups, channels), dtype=g.dtype)
    for k, part in enumerate(window.slices(places)):
        padded[(slice(None), *part)] += xp.moveaxis(blocks[..., k, :], 0, -2)
    inner = tuple(slice(p, p + s) for s, p in zip(space, window.padding, strict=True))
    return padded[(slice(None), *inner)].reshape(n, *space, window.groups * channels)


def convolve_weight_vjp(xp: ArrayModule, x: Array, g: Array, *, window: Window) -> Array:
    """Gradient of the weights of `convolve`."""
    columns = _columns(xp, x, window=window)
    dw = xp.matmul(columns.swapaxes(1, 2), _grouped_outputs(g, window=window))
    return dw.transpose(1, 0, 2).reshape(*window.kernel, x.shape[-1] // window.groups, g.shape[-1])


def _columns(xp: ArrayModule, x: Array, *, window: Window) -> Array:
    """One row per output position and one column per number it reads: `(groups, positions, kernel * c / groups)`."""
    n, channels = x.shape[0], x.shape[-1] // window.groups
    places = window.places(x.shape[1:-1])
    widths = ((0, 0), *((p, p) for p in window.padding), (0, 0))
    padded = xp.pad(x, widths) if any(window.padding) else x
    columns = xp.empty((window.groups, n, *places, math.prod(window.kernel), channels), dtype=x.dtype)
    for k, part in enumerate(window.slices(places)):
        piece = padded[(slice(None), *part)]
        columns[..., k, :] = xp.moveaxis(piece.reshape(*piece.shape[:-1], window.groups, channels), -2, 0)
    return columns.reshape(window.groups, n * math.prod(places), math.prod(window.kernel) * channels)


def _grouped_weights(w: Array, *, window: Window) -> Array:
    rows = math.prod(w.shape[:-1])
    return w.reshape(rows, window.groups, w.shape[-1] // window.groups).transpose(1, 0, 2)


def _grouped_outputs(g: Array, *, window: Window) -> Array:
    positions = math.prod(g.shape[:-1])
    return g.reshape(positions, window.groups, g.shape[-1] // window.groups).transpose(1, 0, 2)
