"""Updates of parameters in one pass: every number of the flat buffer is read and written once.

values     | ................ part 0 ................ | ................ part 1 ................ |
gradients  |   the same cut, at whole cache lines: two threads never write to one line           |
moments    |                                                                                     |
"""

from __future__ import annotations

import numpy as np

from azuraforge_core.kernels.cpu.compiler.addresses import real, word
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, row, sqrt

_LINE = 16


def _adam(
    value: Vector, gradient: Vector, first: Vector, second: Vector, *settings: Vector
) -> tuple[Vector, Vector, Vector]:
    keep, shrink, new1, beta2, new2, epsilon, rate = settings
    value = value * keep
    gradient = fma(value, shrink, gradient)
    first = fma(gradient - first, new1, first)
    second = fma(gradient * gradient, new2, second * beta2)
    return value - rate * (first / (sqrt(second) + epsilon)), first, second


def _sgd(value: Vector, gradient: Vector, velocity: Vector, *settings: Vector) -> tuple[Vector, Vector]:
    shrink, momentum, ahead, now, rate = settings
    gradient = fma(value, shrink, gradient)
    velocity = fma(velocity, momentum, gradient)
    return value - rate * fma(velocity, ahead, gradient * now), velocity


adam_row, sgd_row = row(_adam), row(_sgd)


@kernel
def adam(arguments: int, part: int, parts: int) -> None:
    """`n, values, gradients, first, second`; `keep, shrink, 1 - beta1, beta2, 1 - beta2, epsilon, rate`."""
    start, stop = share(word(arguments, 0), part, parts, _LINE)
    offset = 4 * start
    values, gradients = word(arguments, 1) + offset, word(arguments, 2) + offset
    first, second = word(arguments, 3) + offset, word(arguments, 4) + offset
    settings = (
        np.float32(real(arguments, 5)),
        np.float32(real(arguments, 6)),
        np.float32(real(arguments, 7)),
        np.float32(real(arguments, 8)),
        np.float32(real(arguments, 9)),
        np.float32(real(arguments, 10)),
        np.float32(real(arguments, 11)),
    )
    adam_row(stop - start, (values, gradients, first, second), (values, first, second), settings)


@kernel
def sgd(arguments: int, part: int, parts: int) -> None:
    """`n, values, gradients, velocity`; `shrink, momentum`, shares of velocity and gradient in a step, `rate`."""
    start, stop = share(word(arguments, 0), part, parts, _LINE)
    offset = 4 * start
    values, gradients, velocity = (
        word(arguments, 1) + offset,
        word(arguments, 2) + offset,
        word(arguments, 3) + offset,
    )
    settings = (
        np.float32(real(arguments, 4)),
        np.float32(real(arguments, 5)),
        np.float32(real(arguments, 6)),
        np.float32(real(arguments, 7)),
        np.float32(real(arguments, 8)),
    )
    sgd_row(stop - start, (values, gradients, velocity), (values, velocity), settings)
