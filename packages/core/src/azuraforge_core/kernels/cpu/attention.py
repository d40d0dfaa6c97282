"""Scaled dot-product attention by the kernels of `source/attention.py`, on operands as they lie in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.fused import Attended, AttentionRule
from azuraforge_core.kernels.cpu.launch import Kernel, address, aligned_empty, workspace
from azuraforge_core.kernels.cpu.shares import FLOPS_PER_PART, parts_of

MOST_KEPT_BYTES = 16 * 1024 * 1024
"""Probabilities that take more are computed again in backward, which costs attention 12 to 20 % of its time; 8 heads
over 2,048 steps would keep 135 MB."""

_BLOCK_NUMBERS = 32 * 1024
_FEWEST_QUERIES, _MOST_QUERIES, _TILE = 24, 96, 12
_WIDEST_PANEL, _LINE = 32, 64

_attend = Kernel("attention", "attend", "33qd")
_attend_vjp = Kernel("attention", "attend_vjp", "33qd12q")


def fits(q: Array, k: Array, v: Array) -> bool:
    """Whether the kernels take these operands: at most two leading axes."""
    return max(q.ndim, k.ndim, v.ndim) <= 4


def attend(q: Array, k: Array, v: Array, *, rule: AttentionRule, out: Array | None) -> Attended:
    """See `Backend.attend`."""
    leading = _leading(q, k, v)
    q, k, v = (_heads(each, leading) for each in (q, k, v))
    (n, heads, queries, d), keys, e = q.shape, k.shape[2], v.shape[3]
    y = aligned_empty((*leading, queries, e)) if out is None else out
    block = _block(keys)
    row_bytes = _score_row_bytes(keys)
    size = n * heads * queries * row_bytes
    kept = aligned_empty((n * heads * queries, row_bytes // 4)) if size <= MOST_KEPT_BYTES else None
    mask = _mask(rule, (n, heads, queries, keys), leading=leading)
    flops = 2 * n * heads * queries * keys * (d + e)
    parts = min(max(1, n * heads * -(-queries // block)), parts_of(flops, FLOPS_PER_PART))
    each = _panels(keys, d) + _panels(e, keys) + _lines(4 * keys) + (block * row_bytes if kept is None else 0)
    _attend(
        *(n, heads, queries, keys, d, e),
        *_place(q, k, v, _heads(y, leading)),
        *_mask_place(mask),
        *(rule.is_causal, block, 0 if kept is None else address(kept), row_bytes),
        *(workspace(each * parts), each, rule.scale),
        parts=parts,
    )
    return Attended(y, kept)


def attend_vjp(
    g: Array,
    attended: Attended,
    operands: tuple[Array, Array, Array],
    *,
    rule: AttentionRule,
    out: tuple[Array, Array, Array] | None,
) -> tuple[Array, Array, Array]:
    """See `Backend.attend_vjp`."""
    leading = _leading(*operands)
    q, k, v = (_heads(each, leading) for each in operands)
    (n, heads, queries, d), keys, e = q.shape, k.shape[2], v.shape[3]
    g = _heads(g, leading)
    answers = out or (
        aligned_empty((*leading, queries, d)),
        aligned_empty((*leading, keys, d)),
        aligned_empty((*leading, keys, e)),
    )
    kept, row_bytes, block = attended.probabilities, _score_row_bytes(keys), _block(keys)
    mask = _mask(rule, (n, heads, queries, keys), leading=leading)
    parts = min(max(1, n * heads), parts_of(4 * n * heads * queries * keys * (d + e), FLOPS_PER_PART))
    each = _panels(keys, e) + _panels(d, keys) + _panels(keys, d) + _panels(max(d, e), block)
    each += _lines(4 * keys) + 2 * block * row_bytes
    _attend_vjp(
        *(n, heads, queries, keys, d, e),
        *_place(q, k, v, g),
        *_mask_place(mask),
        *(rule.is_causal, block, 0 if kept is None else address(kept), row_bytes),
        *(workspace(each * parts), each, rule.scale),
        *_place(*(_heads(answer, leading) for answer in answers)),
        parts=parts,
    )
    return answers


def _leading(q: Array, k: Array, v: Array) -> tuple[int, ...]:
    first = q.shape[:-2]
    if first == k.shape[:-2] == v.shape[:-2]:
        return first
    return np.broadcast_shapes(first, k.shape[:-2], v.shape[:-2])


def _heads(x: Array, leading: tuple[int, ...]) -> Array:
    """The operand as (n, heads, rows, columns) with contiguous rows, repeated along the leading axes by strides."""
    if x.shape[:-2] != leading:
        x = np.broadcast_to(x, (*leading, *x.shape[-2:]))
    if x.ndim < 4:
        x = x[(None,) * (4 - x.ndim)]
    return x if x.strides[3] == 4 or x.shape[3] <= 1 else np.ascontiguousarray(x)


def _mask(rule: AttentionRule, shape: tuple[int, ...], *, leading: tuple[int, ...]) -> Array | None:
    if rule.mask is None:
        return None
    mask = np.broadcast_to(rule.mask, (*leading, *shape[2:]))
    return mask[(None,) * (4 - mask.ndim)]


def _mask_place(mask: Array | None) -> Sequence[int]:
    return (0, 0, 0, 0, 0) if mask is None else (address(mask), *mask.strides)


def _place(*operands: Array) -> list[int]:
    return [number for x in operands for number in (address(x), *x.strides[:3])]


def _block(keys: int) -> int:
    """Queries of a block: as many as keep its scores within 128 KB, a multiple of every tile's rows."""
    return max(_FEWEST_QUERIES, min(_MOST_QUERIES, _BLOCK_NUMBERS // max(1, keys) // _TILE * _TILE))


def _score_row_bytes(keys: int) -> int:
    return (_lines(4 * keys) // _LINE | 1) * _LINE


def _panels(columns: int, steps: int) -> int:
    return -(-columns // _WIDEST_PANEL) * _WIDEST_PANEL * steps * 4


def _lines(size: int) -> int:
    return -(-size // _LINE) * _LINE
