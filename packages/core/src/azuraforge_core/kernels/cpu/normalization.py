"""Normalisation of rows and of groups by the kernels of `source/normalization*.py`."""

from __future__ import annotations

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import NormalizedGroups, NormalizedRows
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty, workspace
from azuraforge_core.kernels.cpu.shares import BYTES_PER_PART, parts_of

_MOST_RUNS, _FEWEST_ROWS = 64, 16

_normalize = Kernel("normalization", "normalize", "10qd")
_normalize_vjp = Kernel("normalization", "normalize_vjp", "11q")
_normalize_groups = Kernel("normalization_groups", "normalize_groups", "9qd")
_normalize_groups_vjp = Kernel("normalization_groups", "normalize_groups_vjp", "11q")


def normalize_rows(
    x: Array, w: Array, b: Array | None, *, epsilon: float, is_centred: bool, other: Array | None = None
) -> NormalizedRows:
    """See `Backend.normalize_rows`."""
    x, w = np.ascontiguousarray(x), np.ascontiguousarray(w)
    b = np.zeros_like(w) if b is None else np.ascontiguousarray(b)
    rows, n = x.shape
    total = x
    if other is not None:
        other = np.ascontiguousarray(other)
        total = aligned_empty((rows, n))
    y, levels = aligned_empty((rows, n)), np.empty((rows, 2), dtype=np.float32)
    _normalize(
        *(rows, n, is_centred, address(x), 0 if other is None else address(other), address(total)),
        *(address(w), address(b), address(y), address(levels), epsilon),
        parts=parts_of(x.nbytes, BYTES_PER_PART),
    )
    return NormalizedRows(y, total, levels)


def normalize_rows_vjp(
    g: Array, saved: NormalizedRows, w: Array, *, is_centred: bool, beside: Array | None = None
) -> tuple[Array, Array, Array]:
    """See `Backend.normalize_rows_vjp`."""
    g, w, x = np.ascontiguousarray(g), np.ascontiguousarray(w), np.ascontiguousarray(saved.x)
    beside = None if beside is None else np.ascontiguousarray(beside)
    rows, n = g.shape
    run = max(_FEWEST_ROWS, -(-rows // _MOST_RUNS))
    dx, sums = aligned_empty((rows, n)), aligned_empty((-(-rows // run), 2, n))
    _normalize_vjp(
        *(rows, n, is_centred, run, address(g), 0 if beside is None else address(beside)),
        *(address(x), address(w), address(saved.levels), address(dx), address(sums)),
        parts=parts_of(g.nbytes, BYTES_PER_PART),
    )
    dw, db = sums.sum(axis=0)
    return dx, dw, db


def normalize_groups(x: Array, w: Array, b: Array, *, groups: int, epsilon: float) -> NormalizedGroups:
    """See `Backend.normalize_groups`."""
    x, w, b = (np.ascontiguousarray(each) for each in (x, w, b))
    samples, places, channels = x.shape
    y, levels = aligned_empty(x.shape), aligned_empty((samples, 2, channels))
    _normalize_groups(
        *(samples, places, channels, groups, address(x), address(w), address(b), address(y), address(levels), epsilon),
        parts=parts_of(x.nbytes, BYTES_PER_PART),
    )
    return NormalizedGroups(y, x, levels)


def normalize_groups_vjp(g: Array, saved: NormalizedGroups, w: Array, *, groups: int) -> tuple[Array, Array, Array]:
    """See `Backend.normalize_groups_vjp`."""
    g, w, x = np.ascontiguousarray(g), np.ascontiguousarray(w), np.ascontiguousarray(saved.x)
    samples, places, channels = g.shape
    dx, sums = aligned_empty(g.shape), aligned_empty((samples, 2, channels))
    parts = parts_of(g.nbytes, BYTES_PER_PART)
    _normalize_groups_vjp(
        *(samples, places, channels, groups, address(g), address(x), address(w), address(saved.levels)),
        *(address(dx), address(sums), workspace(8 * channels * parts)),
        parts=parts,
    )
    dw, db = sums.sum(axis=0)
    return dx, dw, db
