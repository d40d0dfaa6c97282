"""Products of matrices, and `x w + b` with ReLU and its gradients.

forward    y = max(x w + b, 0)        one GEMM; bias and ReLU are applied to each block of rows while it is in cache
backward   dz = dy where y > 0        one pass, which also sums the columns of dz: db
dw = xᵀ dz,  dx = dz wᵀ    two GEMMs; dw may be written straight into the flat buffer of gradients
"""

from __future__ import annotations

from azuraforge_core.kernels.cpu.compiler.addresses import word
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel
from azuraforge_core.kernels.cpu.compiler.gemm import copy_row, gemm_then, share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, maximum, row, select
from azuraforge_core.kernels.cpu.compiler.tiles import COLUMNS, ROWS

_LINE = 16


def _add(x: Vector, y: Vector) -> Vector:
    return x + y


def _rectify(x: Vector) -> Vector:
    return maximum(x, 0.0)


def _add_and_rectify(x: Vector, y: Vector) -> Vector:
    return maximum(x + y, 0.0)


def _mask(gradient: Vector, y: Vector) -> Vector:
    return select(y > 0.0, gradient, 0.0)


def _mask_and_add(gradient: Vector, y: Vector, total: Vector) -> tuple[Vector, Vector]:
    masked = select(y > 0.0, gradient, 0.0)
    return masked, total + masked


add_row, rectify_row, add_and_rectify_row = row(_add), row(_rectify), row(_add_and_rectify)
mask_row, mask_and_add_row = row(_mask), row(_mask_and_add)


@kernel
def affine(arguments: int, part: int, parts: int) -> None:
    """`m, n, k, a, a_row, a_step, b, b_step, b_column, c, c_row, by_columns, scratch, scratch_part, bias, rectify`."""
    m, n, k = word(arguments, 0), word(arguments, 1), word(arguments, 2)
    a, a_row, a_step = word(arguments, 3), word(arguments, 4), word(arguments, 5)
    b, b_step, b_column = word(arguments, 6), word(arguments, 7), word(arguments, 8)
    c, c_row = word(arguments, 9), word(arguments, 10)
    scratch = word(arguments, 12) + part * word(arguments, 13)
    bias, rectify = word(arguments, 14), word(arguments, 15)
    if word(arguments, 11):
        first, last = share(n, part, parts, COLUMNS)
        b, c, n = b + first * b_column, c + first * 4, last - first
        bias = bias + first * 4 if bias else 0
    else:
        first, last = share(m, part, parts, ROWS)
        a, c, m = a + first * a_row, c + first * c_row, last - first
    if m > 0 and n > 0:
        gemm_then((m, n, k), (a, a_row, a_step), (b, b_step, b_column), (c, c_row), 0, scratch, finish, (bias, rectify))


@inline
def finish(_first: int, rows: int, n: int, c: tuple[int, int], extra: tuple[int, int]) -> None:
    """Bias and ReLU."""
    bias, rectify = extra
    for line in range(rows):
        place = c[0] + line * c[1]
        if bias and rectify:
            add_and_rectify_row(n, (place, bias), (place,), ())
        elif bias:
            add_row(n, (place, bias), (place,), ())
        elif rectify:
            rectify_row(n, (place,), (place,), ())


@kernel
def mask_and_sum(arguments: int, part: int, parts: int) -> None:
    """`m, n, g, g_row, y, y_row, dz, dz_row, db`: y, or db, may be 0; a part owns some columns."""
    m, (first, last) = word(arguments, 0), share(word(arguments, 1), part, parts, _LINE)
    n, offset = last - first, 4 * first
    g, g_row = word(arguments, 2) + offset, word(arguments, 3)
    y, y_row = word(arguments, 4), word(arguments, 5)
    dz, dz_row = word(arguments, 6) + offset, word(arguments, 7)
    db = word(arguments, 8)
    total = db + offset
    for line in range(m):
        gradient, answer, masked = g + line * g_row, y + offset + line * y_row, dz + line * dz_row
        if y == 0:
            if line == 0:
                copy_row(n, (gradient,), (total,), ())
            else:
                add_row(n, (gradient, total), (total,), ())
        elif db == 0:
            mask_row(n, (gradient, answer), (masked,), ())
        elif line == 0:
            mask_row(n, (gradient, answer), (masked,), ())
            copy_row(n, (masked,), (total,), ())
        else:
            mask_and_add_row(n, (gradient, answer, total), (masked, total), ())
