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
from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, row, select, sqrt

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


def _rmsprop(
    value: Vector, gradient: Vector, square: Vector, velocity: Vector, *settings: Vector
) -> tuple[Vector, Vector, Vector]:
    shrink, smoothing, new, epsilon, momentum, rate = settings
    gradient = fma(value, shrink, gradient)
    square = fma(gradient * gradient, new, square * smoothing)
    velocity = fma(velocity, momentum, gradient / (sqrt(square) + epsilon))
    return value - rate * velocity, square, velocity


def _lion(value: Vector, gradient: Vector, first: Vector, *settings: Vector) -> tuple[Vector, Vector]:
    keep, beta1, new1, beta2, new2, rate = settings
    mixed = first * beta1 + gradient * new1
    # The number itself where it is neither above nor below 0: it is 0, or NaN, which must be seen in the value.
    direction = select(mixed > 0.0, 1.0, select(mixed.like(0.0) > mixed, -1.0, mixed))
    return value * keep - rate * direction, first * beta2 + gradient * new2


adam_row, sgd_row, rmsprop_row, lion_row = row(_adam), row(_sgd), row(_rmsprop), row(_lion)


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


@kernel
def rmsprop(arguments: int, part: int, parts: int) -> None:
    """`n, values, gradients, square, velocity`; `shrink, smoothing, 1 - smoothing, epsilon, momentum, rate`."""
    start, stop = share(word(arguments, 0), part, parts, _LINE)
    offset = 4 * start
    values, gradients = word(arguments, 1) + offset, word(arguments, 2) + offset
    square, velocity = word(arguments, 3) + offset, word(arguments, 4) + offset
    settings = (
        np.float32(real(arguments, 5)),
        np.float32(real(arguments, 6)),
        np.float32(real(arguments, 7)),
        np.float32(real(arguments, 8)),
        np.float32(real(arguments, 9)),
        np.float32(real(arguments, 10)),
    )
    rmsprop_row(stop - start, (values, gradients, square, velocity), (values, square, velocity), settings)


@kernel
def lion(arguments: int, part: int, parts: int) -> None:
    """`n, values, gradients, first`; `keep, beta1, 1 - beta1, beta2, 1 - beta2, rate`."""
    start, stop = share(word(arguments, 0), part, parts, _LINE)
    offset = 4 * start
    values, gradients, first = word(arguments, 1) + offset, word(arguments, 2) + offset, word(arguments, 3) + offset
    settings = (
        np.float32(real(arguments, 4)),
        np.float32(real(arguments, 5)),
        np.float32(real(arguments, 6)),
        np.float32(real(arguments, 7)),
        np.float32(real(arguments, 8)),
        np.float32(real(arguments, 9)),
    )
    lion_row(stop - start, (values, gradients, first), (values, first), settings)
