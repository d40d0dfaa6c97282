"""Functions of one tensor, element by element: mathematics, activations, dropout."""

from __future__ import annotations

import math

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError
from azuraforge_core.ops.error_function import erf as _erf
from azuraforge_core.ops.operands import as_float
from azuraforge_core.random import Generator
from azuraforge_core.tape import record
from azuraforge_core.tensor import Operand, Tensor, backend_of

_HALF_ROOT = math.sqrt(0.5)
_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)
_ROOT_2_OVER_PI = math.sqrt(2 / math.pi)


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
    x = as_float(x)
    y = backend_of(x).xp.maximum(x.data, 0)

    def vjp(g: Array) -> tuple[Array]:
        return (g * (y > 0),)

    return record(y, (x,), vjp)


def leaky_relu(x: Operand, *, slope: float = 0.01) -> Tensor:
    """Answer x where positive, `slope * x` elsewhere."""
    x = as_float(x)
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (xp.where(x.data > 0, g, g * float(slope)),)

    return record(xp.where(x.data > 0, x.data, x.data * float(slope)), (x,), vjp)


def elu(x: Operand, *, alpha: float = 1.0) -> Tensor:
    """Answer x where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert 2015)."""
    x = as_float(x)
    xp = backend_of(x).xp
    tail = float(alpha) * xp.expm1(xp.minimum(x.data, 0))

    def vjp(g: Array) -> tuple[Array]:
        return (xp.where(x.data > 0, g, g * (tail + float(alpha))),)

    return record(xp.where(x.data > 0, x.data, tail), (x,), vjp)


def tanh(x: Operand) -> Tensor:
    """Hyperbolic tangent."""
    x = as_float(x)
    y = backend_of(x).xp.tanh(x.data)

    def vjp(g: Array) -> tuple[Array]:
        return (g * (1 - y * y),)

    return record(y, (x,), vjp)


def sigmoid(x: Operand) -> Tensor:
    """1 / (1 + exp(-x)), as ½ tanh(½ x) + ½, which overflows nowhere."""
    x = as_float(x)
    y = backend_of(x).xp.tanh(x.data * 0.5) * 0.5 + 0.5

    def vjp(g: Array) -> tuple[Array]:
        return (g * (y * (1 - y)),)

    return record(y, (x,), vjp)


def silu(x: Operand) -> Tensor:
    """Swish, x * sigmoid(x) (Ramachandran 2017)."""
    x = as_float(x)
    s = backend_of(x).xp.tanh(x.data * 0.5) * 0.5 + 0.5

    def vjp(g: Array) -> tuple[Array]:
        return (g * (s * (1 + x.data * (1 - s))),)

    return record(x.data * s, (x,), vjp)


def softplus(x: Operand, *, beta: float = 1.0) -> Tensor:
    """Smooth ReLU: log(1 + exp(beta * x)) / beta."""
    x = as_float(x)
    if not beta > 0:
        raise ArgumentError(f"softplus: beta is {beta}, it must be above 0")
    xp, scale = backend_of(x).xp, float(beta)
    z = x.data * scale

    def vjp(g: Array) -> tuple[Array]:
        return (g * (xp.tanh(z * 0.5) * 0.5 + 0.5),)

    return record(xp.logaddexp(z, xp.zeros_like(z)) / scale, (x,), vjp)


def gelu(x: Operand, *, approximation: str = "none") -> Tensor:
    """Weigh x with the normal distribution's probability of being below x (Hendrycks 2016).

    `approximation` is `none` (error function) or `tanh`.
    """
    x = as_float(x)
    if approximation not in {"none", "tanh"}:
        raise ArgumentError(f"gelu: approximation is {approximation!r}, it must be 'none' or 'tanh'")
    return _gelu_tanh(x) if approximation == "tanh" else _gelu_exact(x)


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


def _gelu_exact(x: Tensor) -> Tensor:
    xp = backend_of(x).xp
    below = (_erf(xp, x.data * _HALF_ROOT) + 1) * 0.5

    def vjp(g: Array) -> tuple[Array]:
        density = xp.exp(x.data * x.data * -0.5) * _DENSITY_AT_0
        return (g * (below + x.data * density),)

    return record(x.data * below, (x,), vjp, name="gelu")


def _gelu_tanh(x: Tensor) -> Tensor:
    cubic = 0.044715
    t = backend_of(x).xp.tanh((x.data + cubic * x.data * x.data * x.data) * _ROOT_2_OVER_PI)

    def vjp(g: Array) -> tuple[Array]:
        slope = (1 - t * t) * _ROOT_2_OVER_PI * (1 + 3 * cubic * x.data * x.data)
        return (g * 0.5 * (1 + t + x.data * slope),)

    return record(x.data * (t + 1) * 0.5, (x,), vjp, name="gelu")
