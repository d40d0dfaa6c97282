"""Batch normalisation by the kernels of `source/batch_norm.py`: every axis but the last makes rows."""

from __future__ import annotations

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import ChannelGradients, ChannelMoments, ChannelOperands
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty, workspace
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, parts_of

_moments = Kernel("batch_norm", "moments", "5q")
_join_moments = Kernel("batch_norm", "join_moments", "7qd")
_normalize = Kernel("batch_norm", "normalize", "11q")
_gradient_sums = Kernel("batch_norm", "gradient_sums", "8q")
_join_sums = Kernel("batch_norm", "join_sums", "6q")
_input_vjp = Kernel("batch_norm", "input_vjp", "14q")

_CHUNK = 4096
"""Numbers of a chunk: two rows of them and what belongs to their channels stay in the first-level cache."""


def channel_moments(x: Array, *, epsilon: float) -> ChannelMoments:
    """Mean, variance and scale of every channel of `x (..., channels)`."""
    x = np.ascontiguousarray(x)
    m, n, rows, chunks = _sizes(x)
    moments = ChannelMoments(*(np.empty(n, dtype=np.float32) for _ in range(3)))
    partials = workspace(8 * n * chunks)
    _moments(m, n, rows, address(x), partials, parts=_parts(x, chunks))
    _join_moments(m, n, rows, partials, *(address(each) for each in moments), epsilon)
    return moments


def normalize_channels(
    x: Array, affine: tuple[Array, Array], moments: ChannelMoments, *, more: Array | None, is_rectified: bool
) -> Array:
    """`(x - mean) scale w + b`, and `more` if there is some; its positive part if asked for."""
    x, more = np.ascontiguousarray(x), None if more is None else np.ascontiguousarray(more)
    rows = [np.ascontiguousarray(each) for each in (moments.mean, moments.scale, *affine)]
    m, n, _, _ = _sizes(x)
    y, parts = aligned_empty(x.shape), _parts(x, m)
    _normalize(
        *(m, n, address(x), 0 if more is None else address(more), *(address(each) for each in rows)),
        *(address(y), is_rectified, workspace(8 * n * parts)),
        parts=parts,
    )
    return y


def normalize_channels_vjp(
    g: Array, operands: ChannelOperands, *, is_fixed: bool, needs_more: bool
) -> ChannelGradients:
    """Gradients of x, w, b and of what was added."""
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(operands.x)
    (m, n, rows, chunks), y = _sizes(x), operands.y
    known = [np.ascontiguousarray(each) for each in (operands.moments.mean, operands.moments.scale, operands.w)]
    dx, dw, db = aligned_empty(x.shape), np.empty(n, dtype=np.float32), np.empty(n, dtype=np.float32)
    more = aligned_empty(x.shape) if needs_more and y is not None else g
    parts = _parts(x, m)
    partials = workspace(8 * n * chunks + 12 * n * parts)
    y_address, (mean, scale, w) = 0 if y is None else address(y), (address(each) for each in known)
    _gradient_sums(m, n, rows, address(g), address(x), y_address, mean, partials, parts=_parts(x, chunks))
    _join_sums(n, chunks, partials, scale, address(dw), address(db))
    _input_vjp(
        *(m, n, 0 if is_fixed else m, address(g), address(x), y_address, mean, scale, w),
        *(address(dw), address(db), address(dx), address(more) if more is not g else 0, partials + 8 * n * chunks),
        parts=parts,
    )
    return ChannelGradients(dx, dw, db, more if needs_more else None)


def _sizes(x: Array) -> tuple[int, int, int, int]:
    """Rows, channels, rows of a chunk and chunks."""
    n = x.shape[-1]
    m = x.size // n
    rows = max(1, _CHUNK // n)
    return m, n, rows, -(-m // rows)


def _parts(x: Array, most: int) -> int:
    return max(1, min(parts_of(4 * x.size, BYTES_PER_PART), most))
