"""One pass over some rows that writes and sums at once: what `row` and `fold` of `simd` would take two passes for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.core.types.containers import UniTuple

from azuraforge_core.kernels.cpu.compiler.instructions import FLOAT, instruction
from azuraforge_core.kernels.cpu.compiler.simd import (
    F32,
    VECTOR,
    Mask,
    Vector,
    _across,
    _at,
    _walk,
    load_vector,
    members,
    select,
    splat,
    splat_constant,
    store_vector,
)

_UNROLL = 2


def sweep(formula: Callable[..., Sequence[Vector]], *, sums: int) -> Any:
    """A loop that applies `formula(*reads, *scalars)`: its last `sums` answers are summed, those before are written.

    Kernels call it as `f(n, reads, writes, scalars)` and get a tuple of float32. The order of additions depends on n
    and the vector width alone.
    """

    @instruction(UniTuple(FLOAT, sums))
    def apply(builder: ir.IRBuilder, n: ir.Value, reads: ir.Value, writes: ir.Value, scalars: ir.Value) -> ir.Value:
        sources, targets = members(builder, reads), members(builder, writes)
        fixed = [Vector(builder, splat(builder, number)) for number in members(builder, scalars)]
        totals = [[cgutils.alloca_once(builder, VECTOR) for _ in range(_UNROLL)] for _ in range(sums)]
        for lanes in totals:
            for total in lanes:
                builder.store(splat_constant(0.0), total)

        def step(offset: ir.Value, mask: ir.Value | None, lane: int) -> None:
            values = [Vector(builder, load_vector(builder, _at(builder, base, offset), mask)) for base in sources]
            answers = formula(*values, *fixed)
            for base, value in zip(targets, answers[: len(targets)], strict=True):
                store_vector(builder, value.value, _at(builder, base, offset), mask)
            for lanes, term in zip(totals, answers[len(targets) :], strict=True):
                kept = term if mask is None else select(Mask(builder, mask), term, 0.0)
                builder.store((Vector(builder, builder.load(lanes[lane])) + kept).value, lanes[lane])

        _walk(builder, n, step, unroll=_UNROLL)
        answer: ir.Value = ir.Constant(ir.ArrayType(F32, sums), ir.Undefined)
        for place, lanes in enumerate(totals):
            joined = _sum([Vector(builder, builder.load(total)) for total in lanes])
            answer = builder.insert_value(answer, _across(joined, _add), place)
        return answer

    return apply


def _add(a: Vector, b: Vector) -> Vector:
    return a + b


def _sum(vectors: Sequence[Vector]) -> Vector:
    total = vectors[0]
    for vector in vectors[1:]:
        total = total + vector
    return total
