"""Batch normalisation of m rows of n channels, and its gradients, each in two passes over memory.

    forward    mean and sum of squares around it of every chunk of rows, while the chunk is in the first-level cache;
               chunks are joined in order (Chan 1979), so a large mean costs no digits; then
               y = max((x - mean) a + b + r, floor), a = w / sqrt(variance + epsilon)
    backward   db = sum dz and sum dz (x - mean) per chunk, added up in order; then
               dx = a dz - a db / m - (x - mean) a scale dw / m, with dz = dy where y > 0

Chunks depend on the shape alone, so the number of parts changes no bit. r is what a residual block adds; its gradient
is dz. With the averages of training (`count` 0) mean and variance are constants, and dx = a dz.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import real, word
from azuraforge_core.kernels.cpu.compiler.columns import column_fold, column_map
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import copy_row, share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, maximum, row, select, sqrt


def _itself(x: Vector) -> tuple[Vector]:
    return (x,)


def _square_around(x: Vector, mean: Vector) -> tuple[Vector]:
    return ((x - mean) * (x - mean),)


def _normal(x: Vector, mean: Vector, a: Vector, b: Vector, floor: Vector) -> tuple[Vector]:
    return (maximum(fma(x - mean, a, b), floor),)


def _normal_and_more(x: Vector, more: Vector, mean: Vector, a: Vector, b: Vector, floor: Vector) -> tuple[Vector]:
    return (maximum(fma(x - mean, a, b) + more, floor),)


def _terms(g: Vector, x: Vector, mean: Vector) -> tuple[Vector, Vector]:
    return g, g * (x - mean)


def _masked_terms(g: Vector, x: Vector, y: Vector, mean: Vector) -> tuple[Vector, Vector]:
    dz = select(y > 0.0, g, 0.0)
    return dz, dz * (x - mean)


def _input(g: Vector, x: Vector, mean: Vector, a: Vector, shift: Vector, slope: Vector) -> tuple[Vector]:
    return (g * a - shift - (x - mean) * slope,)


def _masked_input(
    g: Vector, x: Vector, y: Vector, mean: Vector, a: Vector, shift: Vector, slope: Vector
) -> tuple[Vector]:
    return _input(select(y > 0.0, g, 0.0), x, mean, a, shift, slope)


def _both_inputs(
    g: Vector, x: Vector, y: Vector, mean: Vector, a: Vector, shift: Vector, slope: Vector
) -> tuple[Vector, Vector]:
    dz = select(y > 0.0, g, 0.0)
    return (*_input(dz, x, mean, a, shift, slope), dz)


def _fixed_input(g: Vector, a: Vector) -> tuple[Vector]:
    return (g * a,)


def _masked_fixed_input(g: Vector, y: Vector, a: Vector) -> tuple[Vector]:
    return (select(y > 0.0, g, 0.0) * a,)


def _both_fixed_inputs(g: Vector, y: Vector, a: Vector) -> tuple[Vector, Vector]:
    dz = select(y > 0.0, g, 0.0)
    return dz * a, dz


sum_columns, sum_squares = column_fold(_itself), column_fold(_square_around)
normalise, normalise_and_add = column_map(_normal), column_map(_normal_and_more)
sum_terms, sum_masked_terms = column_fold(_terms), column_fold(_masked_terms)
input_rows, masked_input_rows, both_input_rows = column_map(_input), column_map(_masked_input), column_map(_both_inputs)
fixed_rows, masked_fixed_rows = column_map(_fixed_input), column_map(_masked_fixed_input)
both_fixed_rows = column_map(_both_fixed_inputs)


def _scaled(x: Vector, factor: Vector) -> Vector:
    return x * factor


def _joined(
    mean: Vector, squares: Vector, next_mean: Vector, next_squares: Vector, share_of_next: Vector, weight: Vector
) -> tuple[Vector, Vector]:
    apart = next_mean - mean
    return fma(apart, share_of_next, mean), squares + next_squares + apart * apart * weight


def _moments(squares: Vector, count: Vector, epsilon: Vector) -> tuple[Vector, Vector]:
    variance = squares / count
    return variance, 1.0 / sqrt(variance + epsilon)


def _product(a: Vector, b: Vector) -> Vector:
    return a * b


def _sum(a: Vector, b: Vector) -> Vector:
    return a + b


def _same(number: Vector) -> Vector:
    return number


def _slopes(db: Vector, dw: Vector, a: Vector, scale: Vector, one_of: Vector) -> tuple[Vector, Vector]:
    return a * db * one_of, a * scale * dw * one_of


scale_row, join_row, moments_row = row(_scaled), row(_joined), row(_moments)
product_row, add_row, fill_row, slopes_row = row(_product), row(_sum), row(_same), row(_slopes)


@kernel
def moments(arguments: int, part: int, parts: int) -> None:
    """`m, n, rows, x, partials`: mean and squares around it of every chunk of rows."""
    m, n, rows = word(arguments, 0), word(arguments, 1), word(arguments, 2)
    x, partials = word(arguments, 3), word(arguments, 4)
    first, last = share((m + rows - 1) // rows, part, parts, 1)
    for chunk in range(first, last):
        count, start = min(rows, m - chunk * rows), x + chunk * rows * n * 4
        mean = partials + 2 * chunk * n * 4
        sum_columns(n, count, 4 * n, (start,), (), (mean,))
        scale_row(n, (mean,), (mean,), (np.float32(1.0 / count),))
        sum_squares(n, count, 4 * n, (start,), (mean,), (mean + 4 * n,))


@kernel
def join_moments(arguments: int, _part: int, _parts: int) -> None:
    """`m, n, rows, partials, mean, variance, scale, epsilon`: those of all rows from those of the chunks."""
    m, n, rows, partials = word(arguments, 0), word(arguments, 1), word(arguments, 2), word(arguments, 3)
    mean, variance, scale = word(arguments, 4), word(arguments, 5), word(arguments, 6)
    copy_row(n, (partials,), (mean,), ())
    copy_row(n, (partials + 4 * n,), (variance,), ())
    for chunk in range(1, (m + rows - 1) // rows):
        before, count = chunk * rows, min(rows, m - chunk * rows)
        place = partials + 2 * chunk * n * 4
        part = count / (before + count)
        join_row(
            n,
            (mean, variance, place, place + 4 * n),
            (mean, variance),
            (np.float32(part), np.float32(part * before)),
        )
    moments_row(n, (variance,), (variance, scale), (np.float32(m), np.float32(real(arguments, 7))))


@kernel
def normalize(arguments: int, part: int, parts: int) -> None:
    """`m, n, x, more, mean, scale, w, b, y, rectify, scratch`: a part owns some rows; `more` may be 0."""
    n, (first, last) = word(arguments, 1), share(word(arguments, 0), part, parts, 1)
    offset, more = first * n * 4, word(arguments, 3)
    x, mean, b, y = word(arguments, 2), word(arguments, 4), word(arguments, 7), word(arguments, 8)
    a = word(arguments, 10) + part * 2 * n * 4
    floor = a + n * 4
    product_row(n, (word(arguments, 5), word(arguments, 6)), (a,), ())
    fill_row(n, (), (floor,), (np.float32(0.0) if word(arguments, 9) else np.float32(-np.inf),))
    if more:
        fixed = (mean, a, b, floor)
        normalise_and_add(n, last - first, 4 * n, (x + offset, more + offset), (y + offset,), fixed)
    else:
        normalise(n, last - first, 4 * n, (x + offset,), (y + offset,), (mean, a, b, floor))


@kernel
def gradient_sums(arguments: int, part: int, parts: int) -> None:
    """`m, n, rows, g, x, y, mean, partials`: sums of dz and dz (x - mean) of every chunk; y may be 0."""
    m, n, rows = word(arguments, 0), word(arguments, 1), word(arguments, 2)
    g, x, y = word(arguments, 3), word(arguments, 4), word(arguments, 5)
    mean, partials = word(arguments, 6), word(arguments, 7)
    first, last = share((m + rows - 1) // rows, part, parts, 1)
    for chunk in range(first, last):
        count, offset = min(rows, m - chunk * rows), chunk * rows * n * 4
        totals = (partials + 2 * chunk * n * 4, partials + (2 * chunk + 1) * n * 4)
        if y:
            sum_masked_terms(n, count, 4 * n, (g + offset, x + offset, y + offset), (mean,), totals)
        else:
            sum_terms(n, count, 4 * n, (g + offset, x + offset), (mean,), totals)


@kernel
def join_sums(arguments: int, _part: int, _parts: int) -> None:
    """`n, chunks, partials, scale, dw, db`: add the chunks up in order."""
    n, chunks, partials = word(arguments, 0), word(arguments, 1), word(arguments, 2)
    scale, dw, db = word(arguments, 3), word(arguments, 4), word(arguments, 5)
    copy_row(n, (partials,), (db,), ())
    copy_row(n, (partials + 4 * n,), (dw,), ())
    for chunk in range(1, chunks):
        place = partials + 2 * chunk * n * 4
        add_row(n, (db, place), (db,), ())
        add_row(n, (dw, place + 4 * n), (dw,), ())
    product_row(n, (dw, scale), (dw,), ())


@kernel
def input_vjp(arguments: int, part: int, parts: int) -> None:
    """`m, n, count, g, x, y, mean, scale, w, dw, db, dx, dr, scratch`: y and dr may be 0, and count: see above."""
    n, (first, last) = word(arguments, 1), share(word(arguments, 0), part, parts, 1)
    count, offset, y, dr = word(arguments, 2), first * n * 4, word(arguments, 5), word(arguments, 12)
    g, x, dx = word(arguments, 3) + offset, word(arguments, 4) + offset, word(arguments, 11) + offset
    mean, scale = word(arguments, 6), word(arguments, 7)
    a = word(arguments, 13) + part * 3 * n * 4
    shift, slope = a + n * 4, a + 2 * n * 4
    product_row(n, (scale, word(arguments, 8)), (a,), ())
    m = last - first
    if count == 0:
        if y and dr:
            both_fixed_rows(n, m, 4 * n, (g, y + offset), (dx, dr + offset), (a,))
        elif y:
            masked_fixed_rows(n, m, 4 * n, (g, y + offset), (dx,), (a,))
        else:
            fixed_rows(n, m, 4 * n, (g,), (dx,), (a,))
        return
    sums = (word(arguments, 10), word(arguments, 9), a, scale)
    slopes_row(n, sums, (shift, slope), (np.float32(1.0 / count),))
    fixed = (mean, a, shift, slope)
    if y and dr:
        both_input_rows(n, m, 4 * n, (g, x, y + offset), (dx, dr + offset), fixed)
    elif y:
        masked_input_rows(n, m, 4 * n, (g, x, y + offset), (dx,), fixed)
    else:
        input_rows(n, m, 4 * n, (g, x), (dx,), fixed)
