"""The micro-kernel of every matrix product: a tile of C that stays in registers while k runs.

             B panel: one row of `vectors` vectors per step of k
             +--------------+--------------+
             |  b[k, 0:L]   |  b[k, L:2L]  |
             +--------------+--------------+
     a[0,k]  |  c[0, 0:L]   |  c[0, L:2L]  |     c[i, :] += a[i, k] * b[k, :]      one broadcast of a[i, k],
     a[1,k]  |  c[1, 0:L]   |  c[1, L:2L]  |                                       `vectors` fused multiply-adds
      ...    |     ...      |     ...      |
             +--------------+--------------+

Six rows of two vectors fill 12 of AVX2's 16 registers, which leaves room for two of B and one of A. A may have any
strides (its elements are broadcast one by one); B is read in rows of whole vectors, so it is packed unless its own rows
are contiguous. `simd` and this file are all that writes LLVM instructions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, WORD, instruction
from azuraforge_core.kernels.cpu.compiler.simd import (
    F32,
    I64,
    LANES,
    TARGET,
    VECTOR,
    load_vector,
    members,
    splat,
    splat_constant,
    store_vector,
    tail_mask,
)

ROWS = TARGET.tile_rows
VECTORS = 2
COLUMNS = VECTORS * LANES
"""Width of a tile and of a panel of packed B."""


@cache
def tile(rows: int, vectors: int, *, is_masked: bool) -> Any:
    """The micro-kernel for so many rows and vectors; the masked one reads and writes `columns` columns only.

    Kernels call it as `f(k, (a, a_row, a_step), (b, b_step), (c, c_row), accumulate, columns)`, all int64: addresses,
    and strides in bytes between rows and between steps of k. `accumulate` 0 overwrites C.
    """

    @instruction(NOTHING)
    def multiply(
        builder: ir.IRBuilder,
        steps: ir.Value,
        a: ir.Value,
        b: ir.Value,
        c: ir.Value,
        accumulate: ir.Value,
        columns: ir.Value,
    ) -> None:
        corner, row_bytes = members(builder, c)
        masks = [_mask(builder, columns, vector) if is_masked else None for vector in range(vectors)]
        places = [
            (builder.add(builder.add(corner, builder.mul(row_bytes, I64(row))), I64(4 * LANES * vector)), mask)
            for row in range(rows)
            for vector, mask in enumerate(masks)
        ]
        sums = _start(builder, places, accumulate)
        _run(builder, steps, members(builder, a), (members(builder, b), masks), sums, rows=rows)
        for (address, mask), total in zip(places, sums, strict=True):
            store_vector(builder, builder.load(total), address, mask)

    return multiply


@instruction(NOTHING, (WORD, WORD))
def copy_line(builder: ir.IRBuilder, source: ir.Value, target: ir.Value) -> None:
    """Copy `COLUMNS` numbers."""
    for vector in range(VECTORS):
        offset = I64(4 * LANES * vector)
        store_vector(builder, load_vector(builder, builder.add(source, offset)), builder.add(target, offset))


@instruction(NOTHING, (WORD, WORD))
def copy_vector(builder: ir.IRBuilder, source: ir.Value, target: ir.Value) -> None:
    """Copy `LANES` numbers."""
    store_vector(builder, load_vector(builder, source), target)


def _start(builder: ir.IRBuilder, places: Sequence[tuple[ir.Value, ir.Value | None]], more: ir.Value) -> list[ir.Value]:
    """The sums, at zero or at what C holds."""
    sums = [cgutils.alloca_once(builder, VECTOR) for _ in places]
    with builder.if_else(builder.icmp_signed("!=", more, I64(0))) as (then, otherwise):
        with then:
            for total, (address, mask) in zip(sums, places, strict=True):
                builder.store(load_vector(builder, address, mask), total)
        with otherwise:
            for total in sums:
                builder.store(splat_constant(0.0), total)
    return sums


def _run(
    builder: ir.IRBuilder,
    steps: ir.Value,
    left: Sequence[ir.Value],
    right: tuple[Sequence[ir.Value], Sequence[ir.Value | None]],
    sums: Sequence[ir.Value],
    *,
    rows: int,
) -> None:
    """The loop over k."""
    (a, a_row, a_step), ((b, b_step), masks) = left, right
    multiply_add = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(VECTOR, [VECTOR] * 3), f"llvm.fma.v{LANES}f32"
    )
    starts = [builder.add(a, builder.mul(a_row, I64(row))) for row in range(rows)]
    with cgutils.for_range(builder, steps) as loop:
        line = builder.add(b, builder.mul(b_step, loop.index))
        offset = builder.mul(a_step, loop.index)
        vectors = [
            load_vector(builder, builder.add(line, I64(4 * LANES * position)), mask)
            for position, mask in enumerate(masks)
        ]
        for row, start in enumerate(starts):
            number = builder.load(builder.inttoptr(builder.add(start, offset), F32.as_pointer()), align=4)
            factor = splat(builder, number)
            for position, vector in enumerate(vectors):
                total = sums[row * len(vectors) + position]
                builder.store(builder.call(multiply_add, [factor, vector, builder.load(total)]), total)


def _mask(builder: ir.IRBuilder, columns: ir.Value, vector: int) -> ir.Value:
    return tail_mask(builder, builder.sub(columns, I64(LANES * vector)))
