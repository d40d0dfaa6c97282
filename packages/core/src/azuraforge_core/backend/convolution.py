"""Convolution over any number of spatial axes, in plain array code, channels last.

The windows of every output position are laid side by side (im2col), one shifted slice per kernel position, and one
GEMM per group does the rest. Backward lays them out again rather than keep kernel-size copies of the input alive.
"""

from __future__ import annotations

import math

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.backend.pooling import max_pool, max_pool_vjp
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import LinearGradients, LinearOperands, PooledOperands, Window

_NOWHERE = -1


def convolve(
    xp: ArrayModule, x: Array, w: Array, b: Array | None = None, *, window: Window, is_rectified: bool = False
) -> Array:
    """Cross-correlation: `x (n, *space, c)`, `w (*kernel, c / groups, out)`, answer (n, *places, out)."""
    places = window.places(x.shape[1:-1])
    columns = _columns(xp, x, window=window)
    y = xp.matmul(columns, _grouped_weights(w, window=window))
    y = y.transpose(1, 0, 2).reshape(x.shape[0], *places, w.shape[-1])
    if b is not None:
        y = y + b
    return xp.maximum(y, 0) if is_rectified else y


def convolve_vjp(
    xp: ArrayModule,
    g: Array,
    operands: LinearOperands,
    *,
    window: Window,
    needs: tuple[bool, bool, bool],
    memory: tuple[Array | None, Array | None],
) -> LinearGradients:
    """Gradients of x, w and b; those of w and b lie in `memory` where there is some."""
    x, w, y = operands
    if y is not None:
        g = g * (y > 0)
    dw = _moved(convolve_weight_vjp(xp, x, g, window=window), memory[0]) if needs[1] else None
    return LinearGradients(
        convolve_input_vjp(xp, g, w, window=window, space=x.shape[1:-1]) if needs[0] else None,
        dw,
        xp.sum(g, axis=tuple(range(g.ndim - 1)), out=memory[1]) if needs[2] else None,
    )


def convolve_pool(
    xp: ArrayModule, x: Array, w: Array, b: Array | None, *, window: Window, pool: Window
) -> tuple[Array, Array]:
    """The largest of every pooling window, and its place; none where the ReLU lets nothing through."""
    y, chosen = max_pool(xp, convolve(xp, x, w, b, window=window, is_rectified=True), window=pool)
    return y, xp.where(y > 0, chosen, _NOWHERE)


def convolve_pool_vjp(
    xp: ArrayModule,
    g: Array,
    operands: PooledOperands,
    *,
    windows: tuple[Window, Window],
    needs: tuple[bool, bool, bool],
    memory: tuple[Array | None, Array | None],
) -> LinearGradients:
    """Gradients of x, w and b, from the places that were chosen."""
    (x, w, chosen), (window, pool) = operands, windows
    g = max_pool_vjp(xp, g, chosen, window=pool, space=window.places(x.shape[1:-1]))
    return convolve_vjp(xp, g, LinearOperands(x, w, None), window=window, needs=needs, memory=memory)


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


def _moved(gradient: Array, memory: Array | None) -> Array:
    """The gradient in the memory it was lent, if any."""
    if memory is None:
        return gradient
    memory[...] = gradient
    return memory


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
