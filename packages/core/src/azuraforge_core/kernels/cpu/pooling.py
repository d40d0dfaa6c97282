"""Pooling over two axes by the kernels of `source/pooling.py`."""

from __future__ import annotations

import math

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import Window
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty, workspace
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, parts_of

_max_pool = Kernel("pooling", "max_pool", "18q")
_max_pool_vjp = Kernel("pooling", "max_pool_vjp", "16q")
_average_pool = Kernel("pooling", "average_pool", "18q")
_average_pool_vjp = Kernel("pooling", "average_pool_vjp", "16q")

_MOST_PLACES = 254
_LINE = 64


def takes_pooling(window: Window) -> bool:
    """Whether kernels know a window: over two axes, without gaps, its positions numbered by a byte."""
    return len(window.kernel) == 2 and set(window.dilation) == {1} and window.groups == 1


def numbers_places(window: Window) -> bool:
    """Whether a byte can name every position of a window."""
    return math.prod(window.kernel) <= _MOST_PLACES


def max_pool(x: Array, *, window: Window) -> tuple[Array, Array]:
    """Largest number of every window, and the byte of its place."""
    x = np.ascontiguousarray(x)
    shape = (x.shape[0], *window.places(x.shape[1:-1]), x.shape[-1])
    y, chosen = aligned_empty(shape), np.empty(shape, dtype=np.uint8)
    parts, size = _parts(x), _whole_lines(16 * math.prod(window.kernel))
    _max_pool(
        *_geometry(x.shape, shape, window),
        *(address(x), address(y), address(chosen), workspace(size * parts), size),
        parts=parts,
    )
    return y, chosen


def max_pool_vjp(g: Array, chosen: Array, *, window: Window, space: tuple[int, ...]) -> Array:
    """The gradient goes to the position that was chosen."""
    g, chosen = np.ascontiguousarray(g), np.ascontiguousarray(chosen)
    dx = aligned_empty((g.shape[0], *space, g.shape[-1]))
    _max_pool_vjp(*_geometry(dx.shape, g.shape, window), *(address(g), address(chosen), address(dx)), parts=_parts(dx))
    return dx


def average_pool(x: Array, *, window: Window) -> Array:
    """Mean of every window; zeros of the padding count."""
    x = np.ascontiguousarray(x)
    y = aligned_empty((x.shape[0], *window.places(x.shape[1:-1]), x.shape[-1]))
    parts, size = _parts(x), _whole_lines(4 * x.shape[-1])
    _average_pool(
        *_geometry(x.shape, y.shape, window),
        *(address(x), address(y), 0, workspace(size * parts), size),
        parts=parts,
    )
    return y


def average_pool_vjp(g: Array, *, window: Window, space: tuple[int, ...]) -> Array:
    """Every position of a window gets its share."""
    g = np.ascontiguousarray(g)
    dx = aligned_empty((g.shape[0], *space, g.shape[-1]))
    _average_pool_vjp(*_geometry(dx.shape, g.shape, window), *(address(g), 0, address(dx)), parts=_parts(dx))
    return dx


def _geometry(image: tuple[int, ...], answer: tuple[int, ...], window: Window) -> tuple[int, ...]:
    is_side_by_side = window.stride == window.kernel and not any(window.padding)
    return (*image, *window.kernel, *window.stride, *window.padding, answer[1], answer[2], is_side_by_side)


def _parts(image: Array) -> int:
    return parts_of(4 * image.size, BYTES_PER_PART)


def _whole_lines(size: int) -> int:
    return -(-size // _LINE) * _LINE
