"""C (+)= A B in blocks that fit the caches, by the micro-kernel of `tiles`.

    for each block of k (at most 256 steps)      B[k-block] is packed into panels:  [ panel 0 | panel 1 | ... ]
        for each block of rows of A (96)         A[block] stays in the second-level cache
            for each panel of B                  16 KB: stays in the first-level cache
                for each 6 rows of the block     a tile of C in registers

Where A has few rows (192), all of them stay in the second-level cache and B is packed panel by panel, each when its
turn comes: B is then read from memory once and written nowhere but into the first-level cache. What a tile writes and
what the next panel reads is asked for ahead, while the processor multiplies.

Packing puts the columns of a panel side by side, so that the micro-kernel reads B in one stream; the last panel is
filled up with zeros. A is packed the same way, in strips of a tile's rows, where its columns are what is contiguous
(the gradient of weights: A is x transposed). All strides are in bytes. The order in which an element of C is summed
depends on k alone: not on how rows and columns are shared among threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import peek, poke, prefetch, prefetch_to_write
from azuraforge_core.kernels.cpu.compiler.decorators import inline
from azuraforge_core.kernels.cpu.compiler.simd import LANES, Vector, fma, row
from azuraforge_core.kernels.cpu.compiler.tiles import COLUMNS, ROWS, VECTORS, copy_line, copy_vector, tile
from azuraforge_core.kernels.cpu.compiler.transpose import turn_square

STEPS = 256
"""Steps of k in a block."""

BLOCK_ROWS = 96
"""Rows of A in a block; a multiple of every tile's rows."""

SOME_ROWS = 192
"""Up to so many rows of A, 256 steps of all of them stay in the second-level cache."""

FEW_ROWS = 3
"""Below so many rows of A, packing B costs more than it saves."""

_WIDTH = 4
_LINE = 16  # numbers in a cache line

_full, _edge = tile(ROWS, VECTORS, is_masked=False), tile(ROWS, VECTORS, is_masked=True)
_full4, _edge4 = tile(4, VECTORS, is_masked=False), tile(4, VECTORS, is_masked=True)
_full2, _edge2 = tile(2, VECTORS, is_masked=False), tile(2, VECTORS, is_masked=True)
_full1, _edge1 = tile(1, VECTORS, is_masked=False), tile(1, VECTORS, is_masked=True)


def _copy(x: Vector) -> Vector:
    return x


def _fill(value: Vector) -> Vector:
    return value


def _add_scaled(total: Vector, line: Vector, factor: Vector) -> Vector:
    return fma(line, factor, total)


def _add_eight(total: Vector, *lines_and_factors: Vector) -> Vector:
    for line, factor in zip(lines_and_factors[:8], lines_and_factors[8:], strict=True):
        total = fma(line, factor, total)
    return total


copy_row, clear_row = row(_copy), row(_fill)
add_scaled_row, add_eight_rows = row(_add_scaled), row(_add_eight)


@inline
def share(n: int, part: int, parts: int, step: int) -> tuple[int, int]:
    """Where a part of n things begins and ends, cut at multiples of `step`."""
    blocks = (n + step - 1) // step
    return min(n, blocks * part // parts * step), min(n, blocks * (part + 1) // parts * step)


@inline
def packed_bytes(n: int, k: int) -> int:
    """Memory for `pack` of k rows of n columns."""
    return (n + COLUMNS - 1) // COLUMNS * COLUMNS * k * _WIDTH


@inline
def pack(k: int, n: int, b: int, b_step: int, b_column: int, panels: int) -> None:
    """Lay k rows of n columns into panels of `COLUMNS` columns, each k rows long."""
    for first in range(0, n, COLUMNS):
        count = min(COLUMNS, n - first)
        panel = panels + first * k * _WIDTH
        source = b + first * b_column
        if b_column == _WIDTH:
            _copy_columns(k, count, source, b_step, panel)
        else:
            turned = count // LANES * LANES if b_step == _WIDTH else 0
            for column in range(0, turned, LANES):
                _turn_columns(k, source + column * b_column, b_column, panel + column * _WIDTH)
            for column in range(turned, count):
                for step in range(k):
                    poke(panel, step * COLUMNS + column, peek(source + column * b_column + step * b_step, 0))
        if count < COLUMNS:
            for step in range(k):
                for column in range(count, COLUMNS):
                    poke(panel, step * COLUMNS + column, 0.0)


@inline
def _copy_columns(k: int, count: int, source: int, b_step: int, panel: int) -> None:
    """Columns that lie side by side in memory."""
    if count == COLUMNS:
        for step in range(k):
            copy_line(source + step * b_step, panel + step * COLUMNS * _WIDTH)
    else:
        for step in range(k):
            copy_row(count, (source + step * b_step,), (panel + step * COLUMNS * _WIDTH,), ())


@inline
def _turn_columns(k: int, source: int, b_column: int, panel: int) -> None:
    """`LANES` columns, each contiguous in memory, become a vector per row of a panel."""
    whole = k // LANES * LANES
    for step in range(0, whole, LANES):
        turn_square(source + step * _WIDTH, b_column, panel + step * COLUMNS * _WIDTH, COLUMNS * _WIDTH)
    for step in range(whole, k):
        for column in range(LANES):
            poke(panel, step * COLUMNS + column, peek(source + column * b_column, step))


@inline
def pack_strips(k: int, m: int, a: int, a_row: int, a_step: int, strips: int) -> None:
    """Lay m rows of k columns into strips of `ROWS` rows, in which the rows of one column lie side by side."""
    for first in range(0, m, ROWS):
        count = min(ROWS, m - first)
        strip = strips + first * k * _WIDTH
        source = a + first * a_row
        if a_row == _WIDTH and first + LANES <= m and ROWS <= LANES:
            for step in range(k):  # whole vectors: what they write too much, the next step writes over
                copy_vector(source + step * a_step, strip + step * ROWS * _WIDTH)
        else:
            for step in range(k):
                for line in range(count):
                    poke(strip, step * ROWS + line, peek(source + line * a_row + step * a_step, 0))


@inline
def multiply_rows(
    m: int, k: int, a: tuple[int, int, int], b: tuple[int, int], c: tuple[int, int], accumulate: int, columns: int
) -> None:
    """Fewer rows than a tile: 4, 2 and 1 at a time."""
    done = 0
    while done < m:
        left = (a[0] + done * a[1], a[1], a[2])
        answer = (c[0] + done * c[1], c[1])
        rest = m - done
        if rest >= 4:
            if columns == COLUMNS:
                _full4(k, left, b, answer, accumulate, columns)
            else:
                _edge4(k, left, b, answer, accumulate, columns)
            done += 4
        elif rest >= 2:
            if columns == COLUMNS:
                _full2(k, left, b, answer, accumulate, columns)
            else:
                _edge2(k, left, b, answer, accumulate, columns)
            done += 2
        else:
            if columns == COLUMNS:
                _full1(k, left, b, answer, accumulate, columns)
            else:
                _edge1(k, left, b, answer, accumulate, columns)
            done += 1


@inline
def multiply_panels(
    m: int,
    n: int,
    k: int,
    a: tuple[int, int, int, int],
    panels: int,
    c: tuple[int, int],
    accumulate: int,
) -> None:
    """A block of A times packed panels; `a` is (address, row, step, from one strip of `ROWS` rows to the next)."""
    start, a_row, a_step, strip = a
    for first in range(0, n, COLUMNS):
        count = min(COLUMNS, n - first)
        b = (panels + first * k * _WIDTH, COLUMNS * _WIDTH)
        corner = c[0] + first * _WIDTH
        whole = m // ROWS
        if count == COLUMNS:
            for index in range(whole):
                left = (start + index * strip, a_row, a_step)
                answer = corner + index * ROWS * c[1]
                for line in range(ROWS, 2 * ROWS):  # what the next tile will write
                    prefetch_to_write(answer + line * c[1])
                _full(k, left, b, (answer, c[1]), accumulate, count)
        else:
            for index in range(whole):
                left = (start + index * strip, a_row, a_step)
                _edge(k, left, b, (corner + index * ROWS * c[1], c[1]), accumulate, count)
        rest = m - whole * ROWS
        if rest > 0:
            left = (start + whole * strip, a_row, a_step)
            multiply_rows(rest, k, left, b, (corner + whole * ROWS * c[1], c[1]), accumulate, count)


@inline
def scratch_bytes(n: int, k: int) -> int:
    """Memory that `gemm` packs into, for n columns (of its share) and k steps."""
    steps = min(k, STEPS)
    blocks = packed_bytes(n, steps) + BLOCK_ROWS * steps * _WIDTH
    return max(blocks, packed_bytes(COLUMNS, steps) + SOME_ROWS * steps * _WIDTH) + LANES * _WIDTH


@inline
def gemm(
    size: tuple[int, int, int],
    a: tuple[int, int, int],
    b: tuple[int, int, int],
    c: tuple[int, int],
    accumulate: int,
    scratch: int,
) -> None:
    """`C (m, n) (+)= A (m, k) B (k, n)`.

    `a` is (address, row, step of k), `b` (address, step of k, column), `c` (address, row); `scratch` points to
    `scratch_bytes(n, k)` bytes on a cache line.
    """
    gemm_then(size, a, b, c, accumulate, scratch, _leave, 0)


@inline
def gemm_then(
    size: tuple[int, int, int],
    a: tuple[int, int, int],
    b: tuple[int, int, int],
    c: tuple[int, int],
    accumulate: int,
    scratch: int,
    finish: Callable[..., None],
    extra: Any,
) -> None:
    """`gemm`, and `finish(first_row, rows, n, (address, row), extra)` on each block of rows while it is in cache."""
    m, n, k = size
    if m < FEW_ROWS and b[2] == _WIDTH:
        for line in range(m):
            multiply_vector(n, k, (a[0] + line * a[1], a[1], a[2]), b, c[0] + line * c[1], accumulate)
        finish(0, m, n, c, extra)
        return
    blocks = (k + STEPS - 1) // STEPS
    for block in range(blocks):
        first = k * block // blocks
        steps = k * (block + 1) // blocks - first
        start, row = b[0] + first * b[1], (a[0] + first * a[2], a[1], a[2])
        more = 1 if first > 0 else accumulate
        if m <= SOME_ROWS:
            _by_panels((m, n, steps), row, (start, b[1], b[2]), c, more, scratch)
            if first + steps == k:
                finish(0, m, n, c, extra)
            continue
        pack(steps, n, start, b[1], b[2], scratch)
        strips = scratch + packed_bytes(n, steps)
        for top in range(0, m, BLOCK_ROWS):
            rows = min(BLOCK_ROWS, m - top)
            answer = (c[0] + top * c[1], c[1])
            left = _in_strips(steps, rows, (row[0] + top * a[1], a[1], a[2]), m, strips)
            multiply_panels(rows, n, steps, left, scratch, answer, more)
            if first + steps == k:
                finish(top, rows, n, answer, extra)


@inline
def _by_panels(
    size: tuple[int, int, int],
    a: tuple[int, int, int],
    b: tuple[int, int, int],
    c: tuple[int, int],
    accumulate: int,
    scratch: int,
) -> None:
    """A block of k for few rows of A: a panel of B is packed when its turn comes."""
    m, n, steps = size
    left = _in_strips(steps, m, a, m, scratch + packed_bytes(COLUMNS, steps))
    for first in range(0, n, COLUMNS):
        count = min(COLUMNS, n - first)
        panel = b[0] + first * b[2]
        pack(steps, count, panel, b[1], b[2], scratch)
        if first + COLUMNS < n:
            _prefetch_panel(steps, min(COLUMNS, n - first - COLUMNS), panel + COLUMNS * b[2], b[1], b[2])
        multiply_panels(m, count, steps, left, scratch, (c[0] + first * _WIDTH, c[1]), accumulate)


@inline
def _prefetch_panel(steps: int, count: int, b: int, b_step: int, b_column: int) -> None:
    """Ask for what the next `pack` will read."""
    if b_column == _WIDTH:
        for step in range(steps):
            prefetch(b + step * b_step)
    else:
        for column in range(count):
            for step in range(0, steps, _LINE):
                prefetch(b + column * b_column + step * _WIDTH)


@inline
def _in_strips(steps: int, rows: int, a: tuple[int, int, int], m: int, strips: int) -> tuple[int, int, int, int]:
    """Rows of A as `multiply_panels` wants them: where they are, or packed if a column is what is contiguous."""
    if a[2] == _WIDTH or m < ROWS:
        return a[0], a[1], a[2], ROWS * a[1]
    pack_strips(steps, rows, a[0], a[1], a[2], strips)
    return strips, _WIDTH, ROWS * _WIDTH, ROWS * steps * _WIDTH


@inline
def _leave(_first: int, _rows: int, _n: int, _c: tuple[int, int], _extra: int) -> None:
    """Nothing is left to do."""


@inline
def multiply_vector(n: int, k: int, a: tuple[int, int, int], b: tuple[int, int, int], c: int, accumulate: int) -> None:
    """One row of A times a B whose rows are contiguous: eight rows of B at a time run past the answer in streams.

    Nothing is packed, for nothing is read twice, and memory is read in the order in which it lies.
    """
    start, _, step = a
    if not accumulate:
        clear_row(n, (), (c,), (np.float32(0.0),))
    eights = k // 8 * 8
    for first in range(0, eights, 8):
        x, w, line = start + first * step, b[0] + first * b[1], b[1]
        add_eight_rows(
            n,
            (c, w, w + line, w + 2 * line, w + 3 * line, w + 4 * line, w + 5 * line, w + 6 * line, w + 7 * line),
            (c,),
            (
                peek(x, 0),
                peek(x + step, 0),
                peek(x + 2 * step, 0),
                peek(x + 3 * step, 0),
                peek(x + 4 * step, 0),
                peek(x + 5 * step, 0),
                peek(x + 6 * step, 0),
                peek(x + 7 * step, 0),
            ),
        )
    for single in range(eights, k):
        add_scaled_row(n, (c, b[0] + single * b[1]), (c,), (peek(start + single * step, 0),))
