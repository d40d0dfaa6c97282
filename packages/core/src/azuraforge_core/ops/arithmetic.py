"""Arithmetic of two operands that broadcast; a Python number takes the dtype of the tensor beside it."""

from __future__ import annotations

from azuraforge_core.dtypes import Array, float64
from azuraforge_core.ops.operands import as_float, broadcast, check_whole, float_pair, pair
from azuraforge_core.tape import record
from azuraforge_core.tensor import Operand, Tensor, backend_of


def add(a: Operand, b: Operand) -> Tensor:
    """`a + b`."""
    a, b = pair(a, b)
    broadcast("add", a, b=b)

    def vjp(g: Array) -> tuple[Array, Array]:
        return g, g

    y = backend_of(a, b).add(a.data, b.data)
    if y.dtype.kind in "iu":
        check_whole("add", y, a.data + b.data.astype(float64))
    return record(y, (a, b), vjp)


def subtract(a: Operand, b: Operand) -> Tensor:
    """`a - b`."""
    a, b = pair(a, b)
    broadcast("subtract", a, b=b)

    def vjp(g: Array) -> tuple[Array, Array | None]:
        return g, -g if b.requires_grad else None

    y = backend_of(a, b).xp.subtract(a.data, b.data)
    if y.dtype.kind in "iu":
        check_whole("subtract", y, a.data - b.data.astype(float64))
    return record(y, (a, b), vjp)


def multiply(a: Operand, b: Operand) -> Tensor:
    """`a * b`, elementwise."""
    a, b = pair(a, b)
    broadcast("multiply", a, b=b)

    def vjp(g: Array) -> tuple[Array | None, Array | None]:
        return g * b.data if a.requires_grad else None, g * a.data if b.requires_grad else None

    y = backend_of(a, b).xp.multiply(a.data, b.data)
    if y.dtype.kind in "iu":
        check_whole("multiply", y, a.data * b.data.astype(float64))
    return record(y, (a, b), vjp)


def divide(a: Operand, b: Operand) -> Tensor:
    """`a / b`, elementwise; integers become float32."""
    a, b = float_pair(a, b)
    broadcast("divide", a, b=b)
    y = backend_of(a, b).xp.divide(a.data, b.data)

    def vjp(g: Array) -> tuple[Array, Array | None]:
        da = g / b.data
        return da, -da * y if b.requires_grad else None

    return record(y, (a, b), vjp)


def power(base: Operand, exponent: Operand) -> Tensor:
    """`base ** exponent`, elementwise; integers become float32.

    The gradient of the exponent is 0 where the base is 0, as the limit from the right is.
    """
    a, b = float_pair(base, exponent)
    broadcast("power", a, b=b)
    xp = backend_of(a, b).xp
    y = xp.power(a.data, b.data)

    def vjp(g: Array) -> tuple[Array | None, Array | None]:
        da = db = None
        if a.requires_grad:
            # x ** 0 is flat everywhere, yet 0 * 0 ** -1 would be NaN at 0.
            is_flat = b.data == 0
            da = xp.where(is_flat, 0, g * b.data * xp.power(a.data, xp.where(is_flat, 1, b.data - 1)))
        if b.requires_grad:
            is_zero = a.data == 0
            db = xp.where(is_zero, 0, g * y * xp.log(xp.where(is_zero, 1, a.data)))
        return da, db

    return record(y, (a, b), vjp)


def negative(x: Operand) -> Tensor:
    """`-x`."""
    x = x if isinstance(x, Tensor) else Tensor(x)

    def vjp(g: Array) -> tuple[Array]:
        return (-g,)

    y = -x.data
    if y.dtype.kind in "iu":
        check_whole("negative", y, -x.data.astype(float64))
    return record(y, (x,), vjp)


def maximum(a: Operand, b: Operand) -> Tensor:
    """The larger of both, elementwise; where they are equal, each gets half of the gradient."""
    a, b = pair(a, b)
    broadcast("maximum", a, b=b)

    def vjp(g: Array) -> tuple[Array, Array]:
        return _shares(g, a, b=b)

    return record(backend_of(a, b).xp.maximum(a.data, b.data), (a, b), vjp)


def minimum(a: Operand, b: Operand) -> Tensor:
    """The smaller of both, elementwise; where they are equal, each gets half of the gradient."""
    a, b = pair(a, b)
    broadcast("minimum", a, b=b)

    def vjp(g: Array) -> tuple[Array, Array]:
        return _shares(g, b, b=a)  # where b is larger, a is the smaller

    return record(backend_of(a, b).xp.minimum(a.data, b.data), (a, b), vjp)


def square(x: Operand) -> Tensor:
    """`x * x`."""
    x = as_float(x)

    def vjp(g: Array) -> tuple[Array]:
        return (g * x.data * 2,)

    return record(backend_of(x).xp.square(x.data), (x,), vjp)


def _shares(g: Array, larger: Tensor, *, b: Tensor) -> tuple[Array, Array]:
    """Split a gradient between the operand that won and the other; ties halve it."""
    xp = backend_of(larger, b).xp
    share = xp.where(larger.data > b.data, 1.0, xp.where(larger.data == b.data, 0.5, 0.0)).astype(g.dtype)
    return g * share, g * (1 - share)
