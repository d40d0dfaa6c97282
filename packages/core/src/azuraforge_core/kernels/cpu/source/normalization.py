"""Layer and root-mean-square normalisation: two or three passes over a row that stays in the first-level cache.

    forward    total = x + other, Σ total     |  Σ (total - mean)²     |  y = (total - mean) scale w + b
    backward   Σ g w,  Σ g w x̂                |  dx, and dw += g x̂, db += g

Forward keeps mean and scale of every row; x̂ = (total - mean) scale is computed again. dw and db are summed over runs
of rows that the number of rows alone decides, and the runs are added in order by the caller: threads change nothing.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import peek, poke, real, word
from azuraforge_core.kernels.cpu.compiler.decorators import inline, kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.powers import root
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, fold, row
from azuraforge_core.kernels.cpu.compiler.sweeps import sweep

_WIDTH = 4


def _itself(x: Vector) -> Vector:
    return x


def _added(x: Vector, other: Vector) -> tuple[Vector, Vector]:
    total = x + other
    return total, total


def _square(x: Vector, mean: Vector) -> Vector:
    return (x - mean) * (x - mean)


def _normalized(x: Vector, w: Vector, b: Vector, mean: Vector, scale: Vector) -> Vector:
    return fma((x - mean) * scale, w, b)


def _products(g: Vector, w: Vector, x: Vector, mean: Vector, scale: Vector) -> tuple[Vector, Vector]:
    weighted = g * w
    return weighted, weighted * ((x - mean) * scale)


def _gradients(
    g: Vector, w: Vector, x: Vector, dw: Vector, db: Vector, *numbers: Vector
) -> tuple[Vector, Vector, Vector]:
    mean, scale, mean_g, mean_gy = numbers
    y = (x - mean) * scale
    return (g * w - mean_g - y * mean_gy) * scale, fma(g, y, dw), db + g


def _gradients_beside(
    g: Vector, w: Vector, x: Vector, dw: Vector, db: Vector, beside: Vector, *numbers: Vector
) -> tuple[Vector, Vector, Vector]:
    dx, dw, db = _gradients(g, w, x, dw, db, *numbers)
    return dx + beside, dw, db


sum_row, add_row, sum_squares = fold(_itself), sweep(_added, sums=1), fold(_square)
normalize_row, sum_products = row(_normalized), sweep(_products, sums=2)
gradient_row, gradient_row_beside = row(_gradients), row(_gradients_beside)


@kernel
def normalize(arguments: int, part: int, parts: int) -> None:
    """`rows, n, is_centred, x, other, total, w, b, y, levels`, epsilon; without `other`, total is x."""
    first, last = share(word(arguments, 0), part, parts, 1)
    n, is_centred = word(arguments, 1), word(arguments, 2)
    x, other, total = word(arguments, 3), word(arguments, 4), word(arguments, 5)
    w, b, y, levels = word(arguments, 6), word(arguments, 7), word(arguments, 8), word(arguments, 9)
    epsilon, share_of_one = np.float32(real(arguments, 10)), np.float32(1.0) / np.float32(n)
    for line in range(first, last):
        shift = line * n * _WIDTH
        here = total + shift
        mean = np.float32(0.0)
        if other:
            mean = add_row(n, (x + shift, other + shift), (here,), ())[0]
        elif is_centred:
            mean = sum_row(n, (here,), ())
        mean = mean * share_of_one if is_centred else np.float32(0.0)
        variance = sum_squares(n, (here,), (mean,)) * share_of_one
        scale = np.float32(1.0) / root(variance + epsilon)
        normalize_row(n, (here, w, b), (y + shift,), (mean, scale))
        poke(levels, 2 * line, mean)
        poke(levels, 2 * line + 1, scale)


@kernel
def normalize_vjp(arguments: int, part: int, parts: int) -> None:
    """`rows, n, is_centred, run, g, beside, x, w, levels, dx, sums`; `beside` is added to dx unless it is 0."""
    rows, n, run = word(arguments, 0), word(arguments, 1), word(arguments, 3)
    first, last = share((rows + run - 1) // run, part, parts, 1)
    for index in range(first, last):
        dw = word(arguments, 10) + index * 2 * n * _WIDTH
        for column in range(2 * n):
            poke(dw, column, np.float32(0.0))
        normalize_vjp_run(arguments, index * run, min(rows, (index + 1) * run), dw)


@inline
def normalize_vjp_run(arguments: int, first: int, last: int, dw: int) -> None:
    """Some rows, whose share of dw and db goes to two rows of sums."""
    n, is_centred = word(arguments, 1), word(arguments, 2)
    beside, w, levels = word(arguments, 5), word(arguments, 7), word(arguments, 8)
    db, share_of_one = dw + n * _WIDTH, np.float32(1.0) / np.float32(n)
    for line in range(first, last):
        shift = line * n * _WIDTH
        g, x, dx = word(arguments, 4) + shift, word(arguments, 6) + shift, word(arguments, 9) + shift
        mean, scale = peek(levels, 2 * line), peek(levels, 2 * line + 1)
        sums = sum_products(n, (g, w, x), (), (mean, scale))
        mean_g = sums[0] * share_of_one if is_centred else np.float32(0.0)
        numbers = (mean, scale, mean_g, sums[1] * share_of_one)
        if beside:
            gradient_row_beside(n, (g, w, x, dw, db, beside + shift), (dx, dw, db), numbers)
        else:
            gradient_row(n, (g, w, x, dw, db), (dx, dw, db), numbers)
