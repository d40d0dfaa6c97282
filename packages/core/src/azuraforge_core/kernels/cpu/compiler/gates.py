"""Activations of gates: one rational function instead of exponentials, for a recurrent step computes five per unit.

tanh x = x P(x²) / Q(x²) with a relative error below 2.1e-8 up to |x| = 9, where tanh is 1 in float32. The
coefficients are a least-squares fit whose weights were raised where the error was largest until it was level
(Lawson 1961); all are positive, so nothing cancels. The sigmoid is ½ tanh(½ x) + ½ with both halves worked into the
coefficients: its error is 1e-7 of 1, not of itself, which is what float32 gates need. Neither leaves its range by a
rounding: a gate above 1 would let a cell grow for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge_core.kernels.cpu.compiler.simd import Vector, fma, select

_EDGE = 9.0
_P = (0.999999979, 0.133810260, 3.49558856e-3, 2.06090888e-5, 1.33546689e-8)
_Q = (1.0, 0.467143416, 2.58769839e-2, 3.28563550e-4, 7.77656167e-7)


def gate_tanh(x: Vector) -> Vector:
    """Hyperbolic tangent; NaN stays."""
    x = _hold(x, _EDGE)
    y = x * x
    return _hold(x * _polynomial(y, _P) / _polynomial(y, _Q), 1.0)


def gate_sigmoid(x: Vector) -> Vector:
    """`1 / (1 + exp(-x))`; NaN stays."""
    x = _hold(x, 2 * _EDGE)
    y = x * x
    return _hold(x * _polynomial(y, _HALF_P) / _polynomial(y, _HALF_Q), 0.5) + 0.5


_HALF_P = tuple(0.25 * p / 4**k for k, p in enumerate(_P))
_HALF_Q = tuple(q / 4**k for k, q in enumerate(_Q))


def _hold(x: Vector, edge: float) -> Vector:
    """`x` within ±edge; a comparison with NaN is false, so NaN is not replaced."""
    below = select(x > edge, edge, x)
    return select(below.like(-edge) > below, -edge, below)


def _polynomial(y: Vector, coefficients: Sequence[float]) -> Vector:
    total = y.like(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = fma(total, y, coefficient)
    return total
