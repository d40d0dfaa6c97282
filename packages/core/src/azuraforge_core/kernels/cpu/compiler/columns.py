"""Formulas down the columns of rows that lie at equal distances: what belongs to a column stays in a register.

row 0   | x x x x | x x x x | x . .          one vector of columns at a time, from the first row to the last:
row 1   | x x x x | x x x x | x . .          mean and scale of a channel are loaded once, and its sums
...                                          are added up in registers
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, instruction
from azuraforge_core.kernels.cpu.compiler.simd import (
    I64,
    LANES,
    VECTOR,
    Vector,
    load_vector,
    members,
    splat_constant,
    store_vector,
    tail_mask,
)

Body = Callable[[ir.Value, "ir.Value | None"], None]


def column_map(formula: Callable[..., Sequence[Vector]]) -> Any:
    """A loop that applies `formula(*reads, *fixed)` to m rows of n columns and writes its answers.

    Kernels call it as `f(n, m, row_bytes, reads, writes, fixed)`: three tuples of addresses; the rows of all that is
    read and written lie `row_bytes` apart, what is fixed is one row.
    """

    @instruction(NOTHING)
    def apply(
        builder: ir.IRBuilder,
        n: ir.Value,
        m: ir.Value,
        row_bytes: ir.Value,
        reads: ir.Value,
        writes: ir.Value,
        fixed: ir.Value,
    ) -> None:
        sources, targets, known = (members(builder, each) for each in (reads, writes, fixed))

        def down(offset: ir.Value, mask: ir.Value | None) -> None:
            constants = [Vector(builder, load_vector(builder, builder.add(base, offset), mask)) for base in known]
            with cgutils.for_range(builder, m) as loop:
                place = builder.add(offset, builder.mul(row_bytes, loop.index))
                values = [Vector(builder, load_vector(builder, builder.add(base, place), mask)) for base in sources]
                for base, answer in zip(targets, formula(*values, *constants), strict=True):
                    store_vector(builder, answer.value, builder.add(base, place), mask)

        _across(builder, n, down)

    return apply


def column_fold(formula: Callable[..., Sequence[Vector]]) -> Any:
    """A loop that sums `formula(*reads, *fixed)` over m rows of n columns, in two chains.

    Kernels call it as `f(n, m, row_bytes, reads, fixed, totals)`: three tuples of addresses, a row of totals for every
    answer of the formula.
    """

    @instruction(NOTHING)
    def apply(
        builder: ir.IRBuilder,
        n: ir.Value,
        m: ir.Value,
        row_bytes: ir.Value,
        reads: ir.Value,
        fixed: ir.Value,
        totals: ir.Value,
    ) -> None:
        sources, known, targets = (members(builder, each) for each in (reads, fixed, totals))
        sums = [[cgutils.alloca_once(builder, VECTOR) for _ in targets] for _ in range(2)]

        def down(offset: ir.Value, mask: ir.Value | None) -> None:
            constants = [Vector(builder, load_vector(builder, builder.add(base, offset), mask)) for base in known]

            def add(row: ir.Value, chain: int) -> None:
                place = builder.add(offset, builder.mul(row_bytes, row))
                values = [Vector(builder, load_vector(builder, builder.add(base, place), mask)) for base in sources]
                for total, term in zip(sums[chain], formula(*values, *constants), strict=True):
                    builder.store(builder.fadd(builder.load(total), term.value), total)

            for total in (*sums[0], *sums[1]):
                builder.store(splat_constant(0.0), total)
            pairs = builder.sdiv(m, I64(2))
            with cgutils.for_range(builder, pairs) as loop:
                first = builder.mul(loop.index, I64(2))
                add(first, 0)
                add(builder.add(first, I64(1)), 1)
            done = builder.mul(pairs, I64(2))
            with builder.if_then(builder.icmp_signed("<", done, m)):
                add(done, 0)
            for base, one, other in zip(targets, *sums, strict=True):
                answer = builder.fadd(builder.load(one), builder.load(other))
                store_vector(builder, answer, builder.add(base, offset), mask)

        _across(builder, n, down)

    return apply


def _across(builder: ir.IRBuilder, n: ir.Value, down: Body) -> None:
    """Every vector of columns, with its offset in bytes; the last one masked."""
    vectors = builder.sdiv(n, I64(LANES))
    with cgutils.for_range(builder, vectors) as loop:
        down(builder.mul(loop.index, I64(4 * LANES)), None)
    whole = builder.mul(vectors, I64(LANES))
    rest = builder.sub(n, whole)
    with builder.if_then(builder.icmp_signed(">", rest, I64(0))):
        down(builder.mul(whole, I64(4)), tail_mask(builder, rest))
