"""The micro-kernel of a recurrent step: a tile whose columns are the gates of `LANES` units, and formulas at its end.

                  panel of a block of units: per step of k one vector per gate
                  +--------+--------+--------+--------+
                  |  i[k]  |  f[k]  |  o[k]  |  g[k]  |
                  +--------+--------+--------+--------+
    row 0 [h,x,1] |   zi   |   zf   |   zo   |   zg   |  --formulas-->  i f o g, c, h of these units
    row 1         |   ..   |   ..   |   ..   |   ..   |

All gates of a unit meet in registers, so what comes after the product costs no memory: it reads the cell before the
step and writes what the next step and backward need. A long product runs in several blocks of k; all but the last
write their sums down instead.

A row may be cut into segments with gates of their own: a GRU's candidate keeps what h brings apart from what x brings.
Formulas come in two stages, each run over all rows of the tile before the next: a stage of one row is a chain of
instructions that wait for each other, and the rows fill the gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils

from azuraforge_core.kernels.cpu.compiler.decorators import inline
from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, instruction
from azuraforge_core.kernels.cpu.compiler.simd import (
    F32,
    I64,
    LANES,
    TARGET,
    VECTOR,
    Vector,
    load_vector,
    members,
    splat,
    splat_constant,
    store_vector,
    tail_mask,
)

GATES = 4
CELL_ROWS = TARGET.tile_rows * 2 // GATES
"""Rows of a tile of four vectors: as many sums as a tile of `tiles` has."""

_FLOAT = 4


class Cell(NamedTuple):
    """What a recurrent step does with its rows."""

    segments: tuple[tuple[int, ...], ...]
    """Which gates each segment of a row adds to."""
    begin: Callable[..., Sequence[Vector]]
    """From the sums of the gates and what is read to whatever `end` wants."""
    end: Callable[..., Sequence[Vector]]
    """From that to one vector per row that is written."""


@cache
def cell_tile(cell: Cell, rows: int, *, is_masked: bool) -> Any:
    """The micro-kernel for so many rows.

    Kernels call it as `f((row, unit, units), lefts, panels, (z, z_row, z_gate, resume), reads, writes)`: the first
    row, the first unit and how many units there are from it (for the mask); `steps, address, row stride` of each
    segment; the panel of each; where the sums begin (zero unless `resume`); and `address, row stride` of what the
    formulas read and write, at row 0 and unit 0.
    """

    @instruction(NOTHING)
    def multiply(
        builder: ir.IRBuilder,
        place: ir.Value,
        lefts: ir.Value,
        panels: ir.Value,
        z: ir.Value,
        reads: ir.Value,
        writes: ir.Value,
    ) -> None:
        row, unit, units = members(builder, place)
        lines = [builder.add(row, I64(line)) for line in range(rows)]
        offset, mask = builder.mul(unit, I64(_FLOAT)), tail_mask(builder, units) if is_masked else None
        sums = _start(builder, members(builder, z), lines, (offset, mask))
        lefts_of = _groups(members(builder, lefts), 3)
        for gates, left, panel in zip(cell.segments, lefts_of, members(builder, panels), strict=True):
            _run(builder, left, panel, [sums[gate] for gate in gates], lines)
        sources, targets = (_groups(members(builder, pairs), 2) for pairs in (reads, writes))
        begun = []
        for k, line in enumerate(lines):
            values = [builder.load(gate[k]) for gate in sums]
            values += [load_vector(builder, _at(builder, source, line, offset), mask) for source in sources]
            begun.append(cell.begin(*(Vector(builder, value) for value in values)))
        for middle, line in zip(begun, lines, strict=True):
            for target, vector in zip(targets, cell.end(*middle), strict=True):
                store_vector(builder, vector.value, _at(builder, target, line, offset), mask)

    return multiply


def _start(
    builder: ir.IRBuilder,
    z: Sequence[ir.Value],
    lines: Sequence[ir.Value],
    units: tuple[ir.Value, ir.Value | None],
) -> list[list[ir.Value]]:
    """The sums of each gate and row, at zero or at what an earlier block of k left."""
    (base, z_row, z_gate, resume), (offset, mask) = z, units
    sums = [[cgutils.alloca_once(builder, VECTOR) for _ in lines] for _ in range(GATES)]
    with builder.if_else(builder.icmp_signed("!=", resume, I64(0))) as (then, otherwise):
        with then:
            for gate, totals in enumerate(sums):
                start = builder.add(base, builder.mul(z_gate, I64(gate)))
                for total, line in zip(totals, lines, strict=True):
                    builder.store(load_vector(builder, _at(builder, (start, z_row), line, offset), mask), total)
        with otherwise:
            for totals in sums:
                for total in totals:
                    builder.store(splat_constant(0.0), total)
    return sums


def _run(
    builder: ir.IRBuilder,
    left: Sequence[ir.Value],
    panel: ir.Value,
    sums: Sequence[Sequence[ir.Value]],
    lines: Sequence[ir.Value],
) -> None:
    """The loop over k of one segment."""
    steps, a, a_row = left
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    multiply_add = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
    starts = [builder.add(a, builder.mul(a_row, line)) for line in lines]
    with cgutils.for_range(builder, steps) as loop:
        weights = builder.add(panel, builder.mul(loop.index, I64(_FLOAT * LANES * len(sums))))
        offset = builder.mul(loop.index, I64(_FLOAT))
        factors = [
            splat(builder, builder.load(builder.inttoptr(builder.add(start, offset), F32.as_pointer()), align=_FLOAT))
            for start in starts
        ]
        for gate, totals in enumerate(sums):
            weight = load_vector(builder, builder.add(weights, I64(_FLOAT * LANES * gate)))
            for factor, total in zip(factors, totals, strict=True):
                builder.store(builder.call(multiply_add, [factor, weight, builder.load(total)]), total)


def _at(builder: ir.IRBuilder, start: Sequence[ir.Value], line: ir.Value, offset: ir.Value) -> ir.Value:
    base, row_bytes = start
    return builder.add(builder.add(base, builder.mul(row_bytes, line)), offset)


def _groups(values: Sequence[ir.Value], size: int) -> list[Sequence[ir.Value]]:
    return [values[k : k + size] for k in range(0, len(values), size)]


def sums_of(cell: Cell) -> Cell:
    """The same rows, but the sums themselves are written: what a block of k does that is not the last."""
    return Cell(cell.segments, _pass, _pass)


def _pass(*sums: Vector) -> Sequence[Vector]:
    return sums


def cell_rows(cell: Cell) -> Any:
    """A function that kernels call to take all rows through the tile, for one block of k and one block of units.

    `f(rows, unit, units, lefts, panels, z, reads, writes)`; see `cell_tile` for the arguments.
    """
    most, three, two, one = (cell_tile(cell, rows, is_masked=False) for rows in (CELL_ROWS, 3, 2, 1))
    most_edge, two_edge, one_edge = (cell_tile(cell, rows, is_masked=True) for rows in (CELL_ROWS, 2, 1))

    @inline
    def run(  # type: ignore[no-untyped-def]
        rows, unit, units, lefts, panels, z, reads, writes
    ):
        done = 0
        if units >= LANES:
            while rows - done >= CELL_ROWS:
                most((done, unit, units), lefts, panels, z, reads, writes)
                done += CELL_ROWS
            if rows - done >= 3:
                three((done, unit, units), lefts, panels, z, reads, writes)
                done += 3
            if rows - done >= 2:
                two((done, unit, units), lefts, panels, z, reads, writes)
                done += 2
            if rows - done >= 1:
                one((done, unit, units), lefts, panels, z, reads, writes)
        else:
            while rows - done >= CELL_ROWS:
                most_edge((done, unit, units), lefts, panels, z, reads, writes)
                done += CELL_ROWS
            while rows - done >= 2:
                two_edge((done, unit, units), lefts, panels, z, reads, writes)
                done += 2
            if rows - done >= 1:
                one_edge((done, unit, units), lefts, panels, z, reads, writes)

    return run
