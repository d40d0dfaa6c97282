"""Activations in plain array code: what each answers, and its gradient from the answer or from the input."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.backend.error_function import erf
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import Activation

_HALF_ROOT = math.sqrt(0.5)
_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)
_ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


def activate(xp: ArrayModule, kind: Activation, x: Array, *, setting: float) -> Array:
    """`setting` is the slope, alpha or beta of those that have one."""
    return _ANSWERS[kind](xp, x, setting)


def activate_vjp(xp: ArrayModule, kind: Activation, g: Array, *, saved: Array, setting: float) -> Array:
    """`saved` is the answer of those in `FROM_ANSWER`, else the input."""
    return _GRADIENTS[kind](xp, g, saved, setting)


def _sigmoid(xp: ArrayModule, x: Array) -> Array:
    """½ tanh(½ x) + ½, which overflows nowhere."""
    y: Array = xp.tanh(x * 0.5) * 0.5 + 0.5
    return y


def _softplus(xp: ArrayModule, x: Array, beta: float) -> Array:
    z = x * beta
    y: Array = xp.logaddexp(z, xp.zeros_like(z)) / beta
    return y


def _silu_vjp(xp: ArrayModule, g: Array, x: Array, _setting: float) -> Array:
    s = _sigmoid(xp, x)
    dx: Array = g * (s * (1 + x * (1 - s)))
    return dx


def _below(xp: ArrayModule, x: Array) -> Array:
    """The normal distribution's probability of being below x."""
    probability: Array = (erf(xp, x * _HALF_ROOT) + 1) * 0.5
    return probability


def _gelu_vjp(xp: ArrayModule, g: Array, x: Array, _setting: float) -> Array:
    return g * (_below(xp, x) + x * (xp.exp(x * x * -0.5) * _DENSITY_AT_0))


def _bent(xp: ArrayModule, x: Array) -> Array:
    return xp.tanh((x + _CUBIC * x * x * x) * _ROOT_2_OVER_PI)


def _gelu_tanh_vjp(xp: ArrayModule, g: Array, x: Array, _setting: float) -> Array:
    t = _bent(xp, x)
    slope = (1 - t * t) * _ROOT_2_OVER_PI * (1 + 3 * _CUBIC * x * x)
    return g * 0.5 * (1 + t + x * slope)


_ANSWERS: Final[Mapping[Activation, Callable[[ArrayModule, Array, float], Array]]] = {
    Activation.RELU: lambda xp, x, _: xp.maximum(x, 0),
    Activation.LEAKY_RELU: lambda xp, x, slope: xp.where(x > 0, x, x * slope),
    Activation.ELU: lambda xp, x, alpha: xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0))),
    Activation.TANH: lambda xp, x, _: xp.tanh(x),
    Activation.SIGMOID: lambda xp, x, _: _sigmoid(xp, x),
    Activation.SILU: lambda xp, x, _: x * _sigmoid(xp, x),
    Activation.SOFTPLUS: _softplus,
    Activation.GELU: lambda xp, x, _: x * _below(xp, x),
    Activation.GELU_TANH: lambda xp, x, _: x * (_bent(xp, x) + 1) * 0.5,
}
_GRADIENTS: Final[Mapping[Activation, Callable[[ArrayModule, Array, Array, float], Array]]] = {
    Activation.RELU: lambda _xp, g, y, _: g * (y > 0),
    Activation.LEAKY_RELU: lambda xp, g, x, slope: xp.where(x > 0, g, g * slope),
    Activation.ELU: lambda xp, g, x, alpha: xp.where(x > 0, g, g * (alpha * xp.exp(xp.minimum(x, 0)))),
    Activation.TANH: lambda _xp, g, y, _: g * (1 - y * y),
    Activation.SIGMOID: lambda _xp, g, y, _: g * (y * (1 - y)),
    Activation.SILU: _silu_vjp,
    Activation.SOFTPLUS: lambda xp, g, x, beta: g * _sigmoid(xp, x * beta),
    Activation.GELU: _gelu_vjp,
    Activation.GELU_TANH: _gelu_tanh_vjp,
}
