"""A square of `LANES` x `LANES` numbers turned over in registers.

stage 1 swaps single lanes between neighbouring rows, stage 2 pairs of lanes between rows two apart, and so on:

a0 a1 a2 a3        a0 b0 a2 b2        a0 b0 c0 d0
b0 b1 b2 b3   ->   a1 b1 a3 b3   ->   a1 b1 c1 d1        log2(LANES) stages of one shuffle per row,
c0 c1 c2 c3        c0 d0 c2 d2        a2 b2 c2 d2        against LANES² single loads and stores
d0 d1 d2 d3        c1 d1 c3 d3        a3 b3 c3 d3
"""

from __future__ import annotations

from llvmlite import ir

from azuraforge_core.kernels.cpu.compiler.instructions import NOTHING, WORD, instruction
from azuraforge_core.kernels.cpu.compiler.simd import I32, I64, LANES, load_vector, store_vector


@instruction(NOTHING, (WORD, WORD, WORD, WORD))
def turn_square(
    builder: ir.IRBuilder, source: ir.Value, source_row: ir.Value, target: ir.Value, target_row: ir.Value
) -> None:
    """Copy a square and exchange its rows and columns; the strides between rows are in bytes."""
    rows = [load_vector(builder, builder.add(source, builder.mul(source_row, I64(k)))) for k in range(LANES)]
    distance = 1
    while distance < LANES:
        for first in range(LANES):
            if not first & distance:
                rows[first], rows[first + distance] = _exchange(
                    builder, rows[first], rows[first + distance], distance=distance
                )
        distance *= 2
    for k, row in enumerate(rows):
        store_vector(builder, row, builder.add(target, builder.mul(target_row, I64(k))))


def _exchange(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, *, distance: int) -> tuple[ir.Value, ir.Value]:
    """Two rows after their blocks of `distance` lanes off the diagonal have changed places."""
    upper = [lane if not lane & distance else LANES + lane - distance for lane in range(LANES)]
    lower = [lane + distance if not lane & distance else LANES + lane for lane in range(LANES)]
    kind = ir.VectorType(I32, LANES)
    return (
        builder.shuffle_vector(a, b, ir.Constant(kind, upper)),
        builder.shuffle_vector(a, b, ir.Constant(kind, lower)),
    )
