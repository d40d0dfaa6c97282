"""Affine maps."""

from __future__ import annotations

from azuraforge_core.kernels.cpu.compiler.addresses import word
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import gemm, share
from azuraforge_core.kernels.cpu.compiler.tiles import COLUMNS, ROWS


@kernel
def matmul(arguments: int, part: int, parts: int) -> None:
    """`m, n, k, a, a_row, a_step, b, b_step, b_column, c, c_row, accumulate, by_columns, scratch, scratch_part`."""
    m, n, k = word(arguments, 0), word(arguments, 1), word(arguments, 2)
    a, a_row, a_step = word(arguments, 3), word(arguments, 4), word(arguments, 5)
    b, b_step, b_column = word(arguments, 6), word(arguments, 7), word(arguments, 8)
    c, c_row = word(arguments, 9), word(arguments, 10)
    scratch = word(arguments, 13) + part * word(arguments, 14)
    if word(arguments, 12):
        first, last = share(n, part, parts, COLUMNS)
        b, c, n = b + first * b_column, c + first * 4, last - first
    else:
        first, last = share(m, part, parts, ROWS)
        a, c, m = a + first * a_row, c + first * c_row, last - first
    if m > 0 and n > 0:
        gemm((m, n, k), (a, a_row, a_step), (b, b_step, b_column), (c, c_row), word(arguments, 11), scratch)
