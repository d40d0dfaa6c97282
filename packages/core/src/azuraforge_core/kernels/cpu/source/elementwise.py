"""Sums, activations and their gradients: one pass over memory each, nothing kept but what the pass reads.

relu, tanh and sigmoid take their gradient from the answer, the others from the input, of which they compute again
what they need: an exponential costs less than writing and reading another array.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial import chebyshev

from azuraforge_core.kernels.cpu.compiler.addresses import real, word
from azuraforge_core.kernels.cpu.compiler.decorators import kernel
from azuraforge_core.kernels.cpu.compiler.gemm import share
from azuraforge_core.kernels.cpu.compiler.simd import (
    Vector,
    absolute,
    exp,
    expm1,
    fma,
    maximum,
    row,
    select,
    sigmoid,
    tanh,
)

_LINE = 16
_CUBIC, _ROOT_2_OVER_PI = 0.044715, math.sqrt(2 / math.pi)

# erfc(u) = t exp(-u²) P(2t - 1) with t = 2 / (2 + u), u >= 0: the series of `backend.error_function`, as powers.
_SERIES = (
    0.5770337386164696886,
    0.3554369212704984873,
    0.06509515882878652455,
    0.003671142395836639166,
    -0.001112844743352632497,
    -0.0001607582991537807976,
    0.0000327803157417313706,
    5.442441645505016033e-6,
    -1.515466555317148162e-6,
    -1.429760818116986492e-7,
    8.234608827419493433e-8,
    -1.296284685230656254e-9,
)
_POWERS = tuple(float(number) for number in chebyshev.cheb2poly(_SERIES))


def _add(x: Vector, other: Vector) -> Vector:
    return x + other


def _relu(x: Vector, _setting: Vector) -> Vector:
    return maximum(x, 0.0)


def _relu_vjp(g: Vector, y: Vector, _setting: Vector) -> Vector:
    return g * select(y > 0.0, 1.0, 0.0)


def _leaky_relu(x: Vector, slope: Vector) -> Vector:
    return select(x > 0.0, x, x * slope)


def _leaky_relu_vjp(g: Vector, x: Vector, slope: Vector) -> Vector:
    return select(x > 0.0, g, g * slope)


def _elu(x: Vector, alpha: Vector) -> Vector:
    return select(x > 0.0, x, expm1(x) * alpha)


def _elu_vjp(g: Vector, x: Vector, alpha: Vector) -> Vector:
    return select(x > 0.0, g, g * (exp(x) * alpha))


def _tanh(x: Vector, _setting: Vector) -> Vector:
    return tanh(x)


def _tanh_vjp(g: Vector, y: Vector, _setting: Vector) -> Vector:
    return g * (1.0 - y * y)


def _sigmoid(x: Vector, _setting: Vector) -> Vector:
    return sigmoid(x)


def _sigmoid_vjp(g: Vector, y: Vector, _setting: Vector) -> Vector:
    return g * (y * (1.0 - y))


def _silu(x: Vector, _setting: Vector) -> Vector:
    return x * sigmoid(x)


def _silu_vjp(g: Vector, x: Vector, _setting: Vector) -> Vector:
    s = sigmoid(x)
    return g * (s * (1.0 + x * (1.0 - s)))


def _softplus(x: Vector, beta: Vector) -> Vector:
    """max(z, 0) + log(1 + u) with u = exp(-|z|), and log(1 + u) = 2 atanh(s), s = u / (2 + u) <= 1/3."""
    z = x * beta
    u = exp(-absolute(z))
    s = u / (u + 2.0)
    square = s * s
    series = s.like(1 / 13)
    for odd in (11, 9, 7, 5, 3, 1):
        series = fma(series, square, 1 / odd)
    return (maximum(z, 0.0) + s * series * 2.0) / beta


def _softplus_vjp(g: Vector, x: Vector, beta: Vector) -> Vector:
    return g * sigmoid(x * beta)


def _normal(x: Vector) -> tuple[Vector, Vector]:
    """The normal distribution's probability of being below x, and `exp(-x² / 2)`."""
    size = absolute(x)
    t = 2.0 / fma(size, math.sqrt(0.5), 2.0)
    c = t * 2.0 - 1.0
    series = x.like(_POWERS[-1])
    for power in reversed(_POWERS[:-1]):
        series = fma(series, c, power)
    bell = exp(x * x * -0.5)
    beyond = t * bell * series * 0.5
    return select(x > 0.0, 1.0 - beyond, beyond), bell


def _gelu(x: Vector, _setting: Vector) -> Vector:
    return x * _normal(x)[0]


def _gelu_vjp(g: Vector, x: Vector, _setting: Vector) -> Vector:
    below, bell = _normal(x)
    return g * fma(x * bell, 1 / math.sqrt(2 * math.pi), below)


def _gelu_tanh(x: Vector, _setting: Vector) -> Vector:
    return x * (tanh(_inner(x)) + 1.0) * 0.5


def _gelu_tanh_vjp(g: Vector, x: Vector, _setting: Vector) -> Vector:
    t = tanh(_inner(x))
    slope = (1.0 - t * t) * _ROOT_2_OVER_PI * (x * x * (3 * _CUBIC) + 1.0)
    return g * 0.5 * (1.0 + t + x * slope)


def _inner(x: Vector) -> Vector:
    return (x + x * x * x * _CUBIC) * _ROOT_2_OVER_PI


add_row = row(_add)
relu_row, relu_vjp_row = row(_relu), row(_relu_vjp)
leaky_relu_row, leaky_relu_vjp_row = row(_leaky_relu), row(_leaky_relu_vjp)
elu_row, elu_vjp_row = row(_elu), row(_elu_vjp)
tanh_row, tanh_vjp_row = row(_tanh), row(_tanh_vjp)
sigmoid_row, sigmoid_vjp_row = row(_sigmoid), row(_sigmoid_vjp)
silu_row, silu_vjp_row = row(_silu), row(_silu_vjp)
softplus_row, softplus_vjp_row = row(_softplus), row(_softplus_vjp)
gelu_row, gelu_vjp_row = row(_gelu), row(_gelu_vjp)
gelu_tanh_row, gelu_tanh_vjp_row = row(_gelu_tanh), row(_gelu_tanh_vjp)


@kernel
def add(arguments: int, part: int, parts: int) -> None:
    """`n, a, b, y`."""
    first, last = share(word(arguments, 0), part, parts, _LINE)
    a, b, y = word(arguments, 1) + 4 * first, word(arguments, 2) + 4 * first, word(arguments, 3) + 4 * first
    add_row(last - first, (a, b), (y,), ())


@kernel
def activate(arguments: int, part: int, parts: int) -> None:
    """`n, kind, x, y`, setting; the kinds are numbered as the caller lists them."""
    first, last = share(word(arguments, 0), part, parts, _LINE)
    n, kind, setting = last - first, word(arguments, 1), np.float32(real(arguments, 4))
    x, y = word(arguments, 2) + 4 * first, word(arguments, 3) + 4 * first
    if kind == 0:
        relu_row(n, (x,), (y,), (setting,))
    elif kind == 1:
        leaky_relu_row(n, (x,), (y,), (setting,))
    elif kind == 2:
        elu_row(n, (x,), (y,), (setting,))
    elif kind == 3:
        tanh_row(n, (x,), (y,), (setting,))
    elif kind == 4:
        sigmoid_row(n, (x,), (y,), (setting,))
    elif kind == 5:
        silu_row(n, (x,), (y,), (setting,))
    elif kind == 6:
        softplus_row(n, (x,), (y,), (setting,))
    elif kind == 7:
        gelu_row(n, (x,), (y,), (setting,))
    elif kind == 8:
        gelu_tanh_row(n, (x,), (y,), (setting,))


@kernel
def activate_vjp(arguments: int, part: int, parts: int) -> None:
    """`n, kind, g, saved, dx`, setting; `saved` is the answer or the input."""
    first, last = share(word(arguments, 0), part, parts, _LINE)
    n, kind, setting = last - first, word(arguments, 1), np.float32(real(arguments, 5))
    g, saved, dx = (word(arguments, 2) + 4 * first, word(arguments, 3) + 4 * first, word(arguments, 4) + 4 * first)
    if kind == 0:
        relu_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 1:
        leaky_relu_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 2:
        elu_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 3:
        tanh_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 4:
        sigmoid_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 5:
        silu_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 6:
        softplus_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 7:
        gelu_vjp_row(n, (g, saved), (dx,), (setting,))
    elif kind == 8:
        gelu_tanh_vjp_row(n, (g, saved), (dx,), (setting,))
