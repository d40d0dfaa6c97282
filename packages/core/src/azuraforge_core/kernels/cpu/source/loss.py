"""Mean squared error: one pass forward, which leaves the differences for backward, and one pass back.

Sums are taken over chunks of a fixed length, each its own number, so the number of parts changes no bit.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import poke, real, word
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fold, row


def _difference(a: Vector, b: Vector) -> Vector:
    return a - b


def _square(x: Vector) -> Vector:
    return x * x


def _scale(x: Vector, factor: Vector) -> Vector:
    return x * factor


difference_row, scale_row, sum_of_squares = row(_difference), row(_scale), fold(_square)


@kernel
def squares(arguments: int, part: int, parts: int) -> None:
    """`n, chunk, prediction, target, difference, sums`: one sum per chunk; a part owns some chunks."""
    n, chunk = word(arguments, 0), word(arguments, 1)
    prediction, target, difference = word(arguments, 2), word(arguments, 3), word(arguments, 4)
    first, last = share(n, part, parts, chunk)
    for start in range(first, last, chunk):
        count, offset = min(chunk, last - start), 4 * start
        difference_row(count, (prediction + offset, target + offset), (difference + offset,), ())
        poke(word(arguments, 5), start // chunk, sum_of_squares(count, (difference + offset,), ()))


@kernel
def scaled(arguments: int, part: int, parts: int) -> None:
    """`n, x, y, factor`: y = x factor."""
    first, last = share(word(arguments, 0), part, parts, 16)
    offset = 4 * first
    factor = np.float32(real(arguments, 3))
    scale_row(last - first, (word(arguments, 1) + offset,), (word(arguments, 2) + offset,), (factor,))
