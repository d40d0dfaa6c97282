"""One pass over the flat buffer per update: every number is read and written once.

values  | ................ part 0 ................ | ................ part 1 ................ |
grads   | ... the same cut, on cache lines, so that two threads never write to one line ... |
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import real, word
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, row, sqrt

LINE = 16
"""float32 in a cache line."""


def _adam(
    value: Vector, gradient: Vector, first: Vector, second: Vector, *settings: Vector
) -> tuple[Vector, Vector, Vector]:
    keep, shrink, one_less_beta1, beta2, one_less_beta2, epsilon, rate = settings
    value = value * keep
    gradient = fma(value, shrink, gradient)
    first = fma(gradient - first, one_less_beta1, first)
    second = fma(gradient * gradient, one_less_beta2, second * beta2)
    return value - rate * (first / (sqrt(second) + epsilon)), first, second


adam_row = row(_adam)


@kernel
def adam(arguments: int, part: int, parts: int) -> None:
    """`n, values, gradients, first, second`, then seven float64; see the optimizer for their meaning."""
    start, stop = share(word(arguments, 0), part, parts, LINE)
    values, gradients = word(arguments, 1) + 4 * start, word(arguments, 2) + 4 * start
    first, second = word(arguments, 3) + 4 * start, word(arguments, 4) + 4 * start
    adam_row(
        stop - start,
        (values, gradients, first, second),
        (values, first, second),
        (
            np.float32(real(arguments, 5)),
            np.float32(real(arguments, 6)),
            np.float32(real(arguments, 7)),
            np.float32(real(arguments, 8)),
            np.float32(real(arguments, 9)),
            np.float32(real(arguments, 10)),
            np.float32(real(arguments, 11)),
        ),
    )
