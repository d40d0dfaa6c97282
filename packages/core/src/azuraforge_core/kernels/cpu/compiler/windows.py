"""The micro-kernel of convolutions: a tile of C whose rows of A and of C lie wherever a table says.

    rows of the tile (table)   where the window of an output pixel begins in the image, and where its answer goes
    lines of a row (table)     pieces of a window that are contiguous: a row of the kernel with its columns and channels

                  line 0        line 1        line 2             the image itself is A: nothing is laid out
    pixel p   [x x x x x x] [x x x x x x] [x x x x x x]          c[p, :] = bias + sum over lines and steps of
    pixel q       [x x x x x x] ...                                        a[p, line, step] * b[line, step, :]

The same tile gives the gradient of the weights: there a row is an element of the kernel, a line a row of output pixels
and a step one pixel. `is_own` multiplies every column with its own A instead of one number for all: a convolution that
keeps its channels apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.decorators import inline
from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, WORD, instruction
from azuraforge_core.kernels.cpu.compiler.simd import (
    F32,
    I64,
    LANES,
    VECTOR,
    load_vector,
    members,
    splat,
    splat_constant,
    store_vector,
    tail_mask,
)
from azuraforge_core.kernels.cpu.compiler.tiles import COLUMNS, ROWS, VECTORS

_PAIR = 16
"""Bytes of a row in its table: an offset into A, an offset into C."""

Masks = Sequence[ir.Value | None]


@cache
def window_tile(rows: int, *, is_masked: bool, is_own: bool) -> Any:
    """The micro-kernel for so many rows of `COLUMNS` columns; the masked one touches `columns` of them only, but in B.

    Kernels call it as `f((lines, steps), (a, a_step, row_table, line_table), (b, b_step, b_line), (c, bias, more,
    rectify), columns)`, all int64: addresses, and strides in bytes. C starts at the bias (a row of `COLUMNS` numbers),
    or with `more` at what it holds; with `rectify` its positive part is written.
    """

    @instruction(NOTHING)
    def multiply(
        builder: ir.IRBuilder, size: ir.Value, a: ir.Value, b: ir.Value, c: ir.Value, columns: ir.Value
    ) -> None:
        masks: Masks = [
            tail_mask(builder, builder.sub(columns, I64(LANES * vector))) if is_masked else None
            for vector in range(VECTORS)
        ]
        base, a_step, row_table, line_table = members(builder, a)
        corner, bias, more, rectify = members(builder, c)
        starts = [builder.add(base, _entry(builder, row_table, 2 * row)) for row in range(rows)]
        answers = [builder.add(corner, _entry(builder, row_table, 2 * row + 1)) for row in range(rows)]
        places = [
            (builder.add(answer, I64(4 * LANES * vector)), mask)
            for answer in answers
            for vector, mask in enumerate(masks)
        ]
        sums = _start(builder, places, bias, more)
        _run(
            builder,
            members(builder, size),
            (starts, a_step, line_table, is_own),
            (*members(builder, b), masks),
            sums,
        )
        floor = builder.select(builder.icmp_signed("!=", rectify, I64(0)), F32(0.0), F32(-math.inf))
        least = splat(builder, floor)
        for (address, mask), total in zip(places, sums, strict=True):
            number = builder.load(total)
            is_below = builder.fcmp_ordered("<", number, least)  # false for NaN, which stays
            store_vector(builder, builder.select(is_below, least, number), address, mask)

    return multiply


def _entry(builder: ir.IRBuilder, table: ir.Value, index: int | ir.Value) -> ir.Value:
    """A whole number of a table."""
    offset = I64(8 * index) if isinstance(index, int) else builder.mul(index, I64(8))
    return builder.load(builder.inttoptr(builder.add(table, offset), ir.IntType(64).as_pointer()), align=8)


def _start(
    builder: ir.IRBuilder, places: Sequence[tuple[ir.Value, ir.Value | None]], bias: ir.Value, more: ir.Value
) -> list[ir.Value]:
    """The sums, at the bias or at what C holds."""
    sums = [cgutils.alloca_once(builder, VECTOR) for _ in places]
    with builder.if_else(builder.icmp_signed("!=", more, I64(0))) as (then, otherwise):
        with then:
            for total, (address, mask) in zip(sums, places, strict=True):
                builder.store(load_vector(builder, address, mask), total)
        with otherwise:
            firsts = [load_vector(builder, builder.add(bias, I64(4 * LANES * v))) for v in range(VECTORS)]
            for position, total in enumerate(sums):
                builder.store(firsts[position % VECTORS], total)
    return sums


def _run(
    builder: ir.IRBuilder,
    size: Sequence[ir.Value],
    left: tuple[Sequence[ir.Value], ir.Value, ir.Value, bool],
    right: tuple[ir.Value, ir.Value, ir.Value, Masks],
    sums: Sequence[ir.Value],
) -> None:
    """The loops over lines and steps."""
    lines, steps = size
    starts, a_step, line_table, is_own = left
    b, b_step, line_bytes, masks = right
    with cgutils.for_range(builder, lines) as line:
        a_line = _entry(builder, line_table, line.index)
        b_line = builder.add(b, builder.mul(line_bytes, line.index))
        with cgutils.for_range(builder, steps) as step:
            place = builder.add(b_line, builder.mul(b_step, step.index))
            offset = builder.add(a_line, builder.mul(a_step, step.index))
            vectors = [load_vector(builder, builder.add(place, I64(4 * LANES * v))) for v in range(VECTORS)]
            for row, start in enumerate(starts):
                factors = _factors(builder, builder.add(start, offset), masks, is_own=is_own)
                for position, vector in enumerate(vectors):
                    total = sums[row * VECTORS + position]
                    builder.store(_multiply_add(builder, factors[position], vector, builder.load(total)), total)


def _factors(builder: ir.IRBuilder, address: ir.Value, masks: Masks, *, is_own: bool) -> list[ir.Value]:
    if is_own:
        return [load_vector(builder, builder.add(address, I64(4 * LANES * v)), m) for v, m in enumerate(masks)]
    number = builder.load(builder.inttoptr(address, F32.as_pointer()), align=4)
    return [splat(builder, number)] * len(masks)


def _multiply_add(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
    return builder.call(function, [a, b, c])


def _over_rows(*, is_masked: bool, is_own: bool) -> Any:
    """A loop over any number of rows: whole tiles, then 4, 3, 2 or 1 rows."""
    whole = window_tile(ROWS, is_masked=is_masked, is_own=is_own)
    four, three, two, one = (window_tile(rows, is_masked=is_masked, is_own=is_own) for rows in (4, 3, 2, 1))

    @inline
    def over_rows(
        m: int,
        size: tuple[int, int],
        a: tuple[int, int, int, int],
        b: tuple[int, int, int],
        c: tuple[int, int, int, int],
        columns: int,
    ) -> None:
        done = 0
        while done < m:
            left, rest = (a[0], a[1], a[2] + done * _PAIR, a[3]), m - done
            if rest >= ROWS:
                whole(size, left, b, c, columns)
                done += ROWS
            elif rest >= 4:
                four(size, left, b, c, columns)
                done += 4
            elif rest == 3:
                three(size, left, b, c, columns)
                done += 3
            elif rest == 2:
                two(size, left, b, c, columns)
                done += 2
            else:
                one(size, left, b, c, columns)
                done += 1

    return over_rows


_mixed, _mixed_edge = _over_rows(is_masked=False, is_own=False), _over_rows(is_masked=True, is_own=False)
_own, _own_edge = _over_rows(is_masked=False, is_own=True), _over_rows(is_masked=True, is_own=True)


@inline
def multiply_windows(
    m: int,
    size: tuple[int, int],
    a: tuple[int, int, int, int],
    b: tuple[int, int, int],
    c: tuple[int, int, int, int],
    columns: int,
    is_own: int,
) -> None:
    """`m` rows of `columns` columns, at most `COLUMNS`; arguments as `window_tile` has them."""
    if is_own:
        if columns == COLUMNS:
            _own(m, size, a, b, c, columns)
        else:
            _own_edge(m, size, a, b, c, columns)
    elif columns == COLUMNS:
        _mixed(m, size, a, b, c, columns)
    else:
        _mixed_edge(m, size, a, b, c, columns)


@instruction(NOTHING, (WORD, WORD, WORD, WORD))
def sum_columns(builder: ir.IRBuilder, n: ir.Value, b: ir.Value, b_step: ir.Value, total: ir.Value) -> None:
    """Add n rows of `COLUMNS` columns to what `total` holds, in four chains."""
    chains = 4
    sums = [cgutils.alloca_once(builder, VECTOR) for _ in range(chains * VECTORS)]
    for each in sums:
        builder.store(splat_constant(0.0), each)

    def add(row: ir.Value, chain: int) -> None:
        start = builder.add(b, builder.mul(b_step, row))
        for v in range(VECTORS):
            place = sums[chain * VECTORS + v]
            number = load_vector(builder, builder.add(start, I64(4 * LANES * v)))
            builder.store(builder.fadd(builder.load(place), number), place)

    _by_fours(builder, n, add, chains=chains)
    for v in range(VECTORS):
        parts = [builder.load(sums[chain * VECTORS + v]) for chain in range(chains)]
        answer = builder.fadd(builder.fadd(parts[0], parts[1]), builder.fadd(parts[2], parts[3]))
        address = builder.add(total, I64(4 * LANES * v))
        store_vector(builder, builder.fadd(load_vector(builder, address), answer), address)


def _by_fours(builder: ir.IRBuilder, n: ir.Value, add: Callable[[ir.Value, int], None], *, chains: int) -> None:
    blocks = builder.sdiv(n, I64(chains))
    with cgutils.for_range(builder, blocks) as loop:
        for chain in range(chains):
            add(builder.add(builder.mul(loop.index, I64(chains)), I64(chain)), chain)
    done = builder.mul(blocks, I64(chains))
    with cgutils.for_range(builder, builder.sub(n, done)) as loop:
        add(builder.add(done, loop.index), 0)
