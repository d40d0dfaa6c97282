"""Scaled dot-product attention, one head at a time: what a block of queries needs stays in the second-level cache.

    for each head                      K and V are packed once, straight from where the projection left them
        for each block of queries      scores (block, keys)  =  Q Kᵀ
                                       probabilities         =  softmax of every row, in place
                                       answers (block, e)    =  probabilities V, written to where they belong

Backward walks the same blocks: dV += Pᵀ G, dP = G Vᵀ, dS = P (dP - Σ P dP) scale, dQ = dS K, dK += dSᵀ Q. Where
forward did not keep P it is computed again, from the same numbers in the same order, so the gradients are the same to
the bit. Blocks depend on the shapes alone and heads are never cut in backward: the number of parts changes nothing.
"""

from __future__ import annotations

import math

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import peek, peek_byte, poke, real, word
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel
from azuraforge_core.kernels.cpu.compiler.gemm import multiply_panels, pack, packed_bytes, share
from azuraforge_core.kernels.cpu.compiler.powers import power_below_one
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, fold, row, select
from azuraforge_core.kernels.cpu.compiler.sweeps import sweep
from azuraforge_core.kernels.cpu.compiler.tiles import COLUMNS, ROWS

_WIDTH, _LINE = 4, 64
_INFINITY = np.float32(math.inf)
_NAN = np.float32(math.nan)
_BITS = np.float32(math.log2(math.e))
"""Scores are raised as powers of 2: exp(x) = 2^(x log2 e)."""

# Where the arguments of both kernels lie: sizes, then (address, outer, inner, row) of an operand.
N, HEADS, QUERIES, KEYS, D, E = 0, 1, 2, 3, 4, 5
Q, K, V, Y = 6, 10, 14, 18
MASK, CAUSAL, BLOCK, KEPT, SCRATCH, SCALE = 22, 27, 28, 29, 31, 33
DQ, DK, DV = 34, 38, 42


def _scaled(x: Vector, scale: Vector) -> Vector:
    return x * scale


def _scaled_seen(x: Vector, bias: Vector, scale: Vector) -> Vector:
    return select(bias > -1.0, x * scale, bias)


def _raised(x: Vector, scale: Vector, top: Vector) -> tuple[Vector, Vector]:
    power = power_below_one(fma(x, scale, -top))
    return power, power


def _raised_seen(x: Vector, bias: Vector, scale: Vector, top: Vector) -> tuple[Vector, Vector]:
    power = power_below_one(select(bias > -1.0, fma(x, scale, -top), bias))
    return power, power


def _product(p: Vector, dp: Vector) -> Vector:
    return p * dp


def _score_gradient(p: Vector, dp: Vector, mean: Vector, scale: Vector) -> Vector:
    return p * ((dp - mean) * scale)


largest, largest_seen = fold(_scaled, kind="max"), fold(_scaled_seen, kind="max")
raise_row, raise_row_seen = sweep(_raised, sums=1), sweep(_raised_seen, sums=1)
scale_row = row(_scaled)
dot = fold(_product)
score_gradient_row = row(_score_gradient)


@kernel
def attend(arguments: int, part: int, parts: int) -> None:
    """Blocks of queries of all heads, shared among the parts; see the caller for the arguments."""
    keys, d, e = word(arguments, KEYS), word(arguments, D), word(arguments, E)
    queries, size = word(arguments, QUERIES), word(arguments, BLOCK)
    blocks = (queries + size - 1) // size
    first, last = share(word(arguments, N) * word(arguments, HEADS) * blocks, part, parts, 1)
    keys_turned = word(arguments, SCRATCH) + part * word(arguments, SCRATCH + 1)
    values = keys_turned + packed_bytes(keys, d)
    bias = values + packed_bytes(e, keys)
    scores = bias + lines(keys * _WIDTH)
    packed = -1
    for item in range(first, last):
        head = item // blocks
        top = (item - head * blocks) * size
        rows = min(size, queries - top)
        if head != packed:
            pack(d, keys, at(arguments, K, head), _WIDTH, word(arguments, K + 3), keys_turned)
            pack(keys, e, at(arguments, V, head), word(arguments, V + 3), _WIDTH, values)
            packed = head
        p, p_row = place(arguments, head, top, scores)
        seen = look(arguments, head, (top, rows), keys_turned, (p, p_row), bias)
        y_row = word(arguments, Y + 3)
        y = at(arguments, Y, head) + top * y_row
        times_panels((rows, e, seen), (p, p_row, _WIDTH), (values, keys), (y, y_row), 0)


@kernel
def attend_vjp(arguments: int, part: int, parts: int) -> None:
    """Whole heads, shared among the parts; Y is the gradient of the answer."""
    first, last = share(word(arguments, N) * word(arguments, HEADS), part, parts, 1)
    scratch = word(arguments, SCRATCH) + part * word(arguments, SCRATCH + 1)
    for head in range(first, last):
        attend_vjp_head(arguments, head, scratch)


@inline
def attend_vjp_head(arguments: int, head: int, scratch: int) -> None:
    """Gradients of one head's queries, keys and values."""
    queries, keys, d, e = word(arguments, QUERIES), word(arguments, KEYS), word(arguments, D), word(arguments, E)
    size, is_causal = word(arguments, BLOCK), word(arguments, CAUSAL)
    values_turned = scratch
    keys_packed = values_turned + packed_bytes(keys, e)
    keys_turned = keys_packed + packed_bytes(d, keys)
    beside = keys_turned + packed_bytes(keys, d)
    bias = beside + packed_bytes(max(d, e), size)
    changes = bias + lines(keys * _WIDTH)
    change_row = score_row_bytes(keys)
    scores = changes + size * change_row
    q, k, v, g = at(arguments, Q, head), at(arguments, K, head), at(arguments, V, head), at(arguments, Y, head)
    dq, dk, dv = at(arguments, DQ, head), at(arguments, DK, head), at(arguments, DV, head)
    pack(e, keys, v, _WIDTH, word(arguments, V + 3), values_turned)
    pack(keys, d, k, word(arguments, K + 3), _WIDTH, keys_packed)
    if word(arguments, KEPT) == 0:
        pack(d, keys, k, _WIDTH, word(arguments, K + 3), keys_turned)
    if is_causal or queries == 0:
        clear(keys, d, dk, word(arguments, DK + 3))
        clear(keys, e, dv, word(arguments, DV + 3))
    q_row, g_row, dq_row = word(arguments, Q + 3), word(arguments, Y + 3), word(arguments, DQ + 3)
    for top in range(0, queries, size):
        rows = min(size, queries - top)
        more = 1 if is_causal or top > 0 else 0
        p, p_row = place(arguments, head, top, scores)
        seen = count_seen(arguments, top + rows)
        if word(arguments, KEPT) == 0:
            look(arguments, head, (top, rows), keys_turned, (p, p_row), bias)
        pack(rows, e, g + top * g_row, g_row, _WIDTH, beside)
        turned_times_panels((seen, e, rows), (p, p_row), beside, (dv, word(arguments, DV + 3)), more)
        left = (g + top * g_row, g_row, _WIDTH, ROWS * g_row)
        multiply_panels(rows, seen, e, left, values_turned, (changes, change_row), 0)
        change_scores((rows, seen), (p, p_row), (changes, change_row), np.float32(real(arguments, SCALE)))
        answer = (dq + top * dq_row, dq_row)
        times_panels((rows, d, seen), (changes, change_row, _WIDTH), (keys_packed, keys), answer, 0)
        pack(rows, d, q + top * q_row, q_row, _WIDTH, beside)
        turned_times_panels((seen, d, rows), (changes, change_row), beside, (dk, word(arguments, DK + 3)), more)


@inline
def look(arguments: int, head: int, block: tuple[int, int], keys_turned: int, p: tuple[int, int], bias: int) -> int:
    """Probabilities of a block of queries (first, count); answers with how many keys any of them sees."""
    top, rows = block
    keys, d, q_row = word(arguments, KEYS), word(arguments, D), word(arguments, Q + 3)
    scale, has_mask = np.float32(real(arguments, SCALE)) * _BITS, word(arguments, MASK) != 0
    seen = count_seen(arguments, top + rows)
    left = (at(arguments, Q, head) + top * q_row, q_row, _WIDTH, ROWS * q_row)
    multiply_panels(rows, seen, d, left, keys_turned, p, 0)
    for line in range(rows):
        here = p[0] + line * p[1]
        count = min(seen, top + line + 1) if word(arguments, CAUSAL) else keys
        if has_mask:
            if line == 0 or word(arguments, MASK + 3) != 0:
                mask = at(arguments, MASK, head) + (top + line) * word(arguments, MASK + 3)
                fill_bias(keys, mask, word(arguments, MASK + 4), bias)
            soften_seen(count, here, bias, scale)
        else:
            soften(count, here, scale)
        for column in range(count, seen):
            poke(here, column, np.float32(0.0))
    return seen


@inline
def soften(count: int, scores: int, scale: np.float32) -> None:
    """Softmax of a row, in place."""
    top = largest(count, (scores,), (scale,))
    if -_INFINITY < top < _INFINITY:
        total = raise_row(count, (scores,), (scores,), (scale, top))[0]
        scale_row(count, (scores,), (scores,), (np.float32(1.0) / total,))
    else:
        for column in range(count):
            poke(scores, column, extreme(top, peek(scores, column) * scale))


@inline
def soften_seen(count: int, scores: int, bias: int, scale: np.float32) -> None:
    """Softmax of a row over the keys whose bias is 0 rather than -inf."""
    top = largest_seen(count, (scores, bias), (scale,))
    if -_INFINITY < top < _INFINITY:
        total = raise_row_seen(count, (scores, bias), (scores,), (scale, top))[0]
        scale_row(count, (scores,), (scores,), (np.float32(1.0) / total,))
    else:
        for column in range(count):
            score = peek(scores, column) * scale if peek(bias, column) == 0 else -_INFINITY
            poke(scores, column, extreme(top, score))


@inline
def extreme(top: np.float32, score: np.float32) -> np.float32:
    """A probability beside a largest score that is no number: nothing to see gives 0, infinity and NaN give NaN."""
    if top == -_INFINITY or (top == _INFINITY and score != top):
        return np.float32(0.0)
    return _NAN


@inline
def change_scores(size: tuple[int, int], p: tuple[int, int], changes: tuple[int, int], scale: np.float32) -> None:
    """Turn the gradient of probabilities into that of scores, in place."""
    rows, seen = size
    for line in range(rows):
        weights, here = p[0] + line * p[1], changes[0] + line * changes[1]
        mean = dot(seen, (weights, here), ())
        score_gradient_row(seen, (weights, here), (here,), (mean, scale))


@inline
def times_panels(
    size: tuple[int, int, int], a: tuple[int, int, int], b: tuple[int, int], c: tuple[int, int], accumulate: int
) -> None:
    """`C (m, n) (+)= A (m, k) B` where B was packed with at least k steps; `b` is (panels, steps packed)."""
    m, n, k = size
    for first in range(0, n, COLUMNS):
        panel = b[0] + first * b[1] * _WIDTH
        left = (a[0], a[1], a[2], ROWS * a[1])
        multiply_panels(m, min(COLUMNS, n - first), k, left, panel, (c[0] + first * _WIDTH, c[1]), accumulate)


@inline
def turned_times_panels(
    size: tuple[int, int, int], a: tuple[int, int], panels: int, c: tuple[int, int], accumulate: int
) -> None:
    """`C (m, n) (+)= Aᵀ B`; A (k, m) is in the cache, so it is read where it lies."""
    m, n, k = size
    multiply_panels(m, n, k, (a[0], _WIDTH, a[1], ROWS * _WIDTH), panels, c, accumulate)


@inline
def place(arguments: int, head: int, top: int, scores: int) -> tuple[int, int]:
    """Where the probabilities of a block are: in the array that keeps them, or in scratch memory."""
    kept, bytes_per_row = word(arguments, KEPT), word(arguments, KEPT + 1)
    if kept:
        return kept + (head * word(arguments, QUERIES) + top) * bytes_per_row, bytes_per_row
    return scores, score_row_bytes(word(arguments, KEYS))


@inline
def count_seen(arguments: int, end: int) -> int:
    """How many keys the queries before `end` may see."""
    keys: int = word(arguments, KEYS)
    return min(keys, end) if word(arguments, CAUSAL) else keys


@inline
def at(arguments: int, operand: int, head: int) -> int:
    """Where a head of an operand begins."""
    heads = word(arguments, HEADS)
    outer = head // heads
    inner = head - outer * heads
    begin: int = word(arguments, operand) + outer * word(arguments, operand + 1) + inner * word(arguments, operand + 2)
    return begin


@inline
def fill_bias(keys: int, mask: int, step: int, bias: int) -> None:
    """0 where the mask is true, -inf elsewhere."""
    for column in range(keys):
        poke(bias, column, np.float32(0.0) if peek_byte(mask + column * step, 0) else -_INFINITY)


@inline
def clear(rows: int, columns: int, start: int, bytes_per_row: int) -> None:
    """Zeros."""
    for line in range(rows):
        for column in range(columns):
            poke(start + line * bytes_per_row, column, np.float32(0.0))


@inline
def lines(size: int) -> int:
    """So many bytes in whole cache lines."""
    return (size + _LINE - 1) // _LINE * _LINE


@inline
def score_row_bytes(keys: int) -> int:
    """A row of scores: an odd number of cache lines, so that the rows of one column do not share a cache set."""
    return (lines(keys * _WIDTH) // _LINE | 1) * _LINE
