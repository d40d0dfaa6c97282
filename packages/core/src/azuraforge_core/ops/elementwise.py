"""Functions of one tensor, element by element: mathematics, activations, dropout."""

from __future__ import annotations

import math

from azuraforge_core.backend.error_function import erf as _erf
from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError
from azuraforge_core.fused import FROM_ANSWER, Activation
from azuraforge_core.ops.operands import as_float
from azuraforge_core.random import Generator
from azuraforge_core.tape import record
from azuraforge_core.tensor import Operand, Tensor, backend_of


def exp(x: Operand) -> Tensor:
    """Exponential function."""
    x = as_float(x)
    y = backend_of(x).xp.exp(x.data)

    def vjp(g: Array) -> tuple[Array]:
        return (g * y,)

    return record(y, (x,), vjp)


def log(x: Operand) -> Tensor:
    """Natural logarithm."""
    x = as_float(x)

    def vjp(g: Array) -> tuple[Array]:
        return (g / x.data,)

    return record(backend_of(x).xp.log(x.data), (x,), vjp)


def sqrt(x: Operand) -> Tensor:
    """Square root; the gradient at 0 is infinite."""
    x = as_float(x)
    y = backend_of(x).xp.sqrt(x.data)

    def vjp(g: Array) -> tuple[Array]:
        return (g * 0.5 / y,)

    return record(y, (x,), vjp)


def absolute(x: Operand) -> Tensor:
    """Absolute value; the gradient at 0 is 0."""
    x = as_float(x)
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (g * xp.sign(x.data),)

    return record(xp.absolute(x.data), (x,), vjp)


def sin(x: Operand) -> Tensor:
    """Sine of an angle in radians."""
    x = as_float(x)
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (g * xp.cos(x.data),)

    return record(xp.sin(x.data), (x,), vjp)


def cos(x: Operand) -> Tensor:
    """Cosine of an angle in radians."""
    x = as_float(x)
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (-g * xp.sin(x.data),)

    return record(xp.cos(x.data), (x,), vjp)


def erf(x: Operand) -> Tensor:
    """Error function, 2/√π ∫₀ˣ exp(-t²) dt."""
    x = as_float(x)
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (g * (2 / math.sqrt(math.pi)) * xp.exp(-x.data * x.data),)

    return record(_erf(xp, x.data), (x,), vjp)


def clip(x: Operand, *, low: float | None = None, high: float | None = None) -> Tensor:
    """Hold x between `low` and `high`; outside, the gradient is 0."""
    x = as_float(x)
    if low is not None and high is not None and low > high:
        raise ArgumentError(f"clip: low {low} is above high {high}")
    low_value, high_value = -math.inf if low is None else float(low), math.inf if high is None else float(high)

    def vjp(g: Array) -> tuple[Array]:
        return (g * ((x.data >= low_value) & (x.data <= high_value)),)

    return record(backend_of(x).xp.clip(x.data, low_value, high_value), (x,), vjp)


def relu(x: Operand) -> Tensor:
    """max(x, 0); the gradient at 0 is 0."""
    return _activated(Activation.RELU, x)


def leaky_relu(x: Operand, *, slope: float = 0.01) -> Tensor:
    """Answer x where positive, `slope * x` elsewhere."""
    return _activated(Activation.LEAKY_RELU, x, setting=slope)


def elu(x: Operand, *, alpha: float = 1.0) -> Tensor:
    """Answer x where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert 2015)."""
    return _activated(Activation.ELU, x, setting=alpha)


def tanh(x: Operand) -> Tensor:
    """Hyperbolic tangent."""
    return _activated(Activation.TANH, x)


def sigmoid(x: Operand) -> Tensor:
    """1 / (1 + exp(-x))."""
    return _activated(Activation.SIGMOID, x)


def silu(x: Operand) -> Tensor:
    """Swish, x * sigmoid(x) (Ramachandran 2017)."""
    return _activated(Activation.SILU, x)


def softplus(x: Operand, *, beta: float = 1.0) -> Tensor:
    """Smooth ReLU: log(1 + exp(beta * x)) / beta."""
    if not beta > 0:
        raise ArgumentError(f"softplus: beta is {beta}, it must be above 0")
    return _activated(Activation.SOFTPLUS, x, setting=beta)


def gelu(x: Operand, *, approximation: str = "none") -> Tensor:
    """Weigh x with the normal distribution's probability of being below x (Hendrycks 2016).

    `approximation` is `none` (error function) or `tanh`.
    """
    if approximation not in {"none", "tanh"}:
        raise ArgumentError(f"gelu: approximation is {approximation!r}, it must be 'none' or 'tanh'")
    return _activated(Activation.GELU_TANH if approximation == "tanh" else Activation.GELU, x, name="gelu")


def dropout(x: Operand, *, p: float, generator: Generator, is_training: bool = True) -> Tensor:
    """Each element 0 with probability `p`, else divided by 1 - p; outside training x itself (Srivastava 2014)."""
    x = as_float(x)
    if not 0 <= p < 1:
        raise ArgumentError(f"dropout: p is {p}, it must be at least 0 and below 1")
    if not is_training or p == 0:
        return x
    xp = backend_of(x).xp
    kept = xp.asarray(generator.uniform(x.shape) >= p)
    factor = kept * xp.asarray(1 / (1 - p), dtype=x.dtype)

    def vjp(g: Array) -> tuple[Array]:
        return (g * factor,)

    return record(x.data * factor, (x,), vjp)


def _activated(kind: Activation, x: Operand, *, setting: float = 0.0, name: str = "") -> Tensor:
    x, setting = as_float(x), float(setting)
    backend = backend_of(x)
    y = backend.activate(kind, x.data, setting=setting)
    saved = y if kind in FROM_ANSWER else x.data

    def vjp(g: Array) -> tuple[Array]:
        return (backend.activate_vjp(kind, g, saved, setting=setting),)

    return record(y, (x,), vjp, name=name or kind)
