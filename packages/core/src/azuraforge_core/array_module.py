"""The part of NumPy's interface that ops may use; CuPy offers the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from azuraforge_core.dtypes import Array

# The argument lists are NumPy's own; repeating its overloads here would only be a second, worse copy of its stubs.
ArrayFunction: TypeAlias = Callable[..., Array]


class Ufunc(Protocol):
    """An elementwise function that can also scatter: `add.at(array, index, values)`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Array:
        """Apply it to every element."""

    def at(self, array: Array, index: Any, values: Any, /) -> None:
        """Apply it in place at `index`, once per occurrence."""


class ArrayModule(Protocol):
    """The part of NumPy that ops may use."""

    absolute: ArrayFunction
    add: Ufunc
    arange: ArrayFunction
    asarray: ArrayFunction
    ascontiguousarray: ArrayFunction
    broadcast_to: ArrayFunction
    clip: ArrayFunction
    concatenate: ArrayFunction
    copysign: ArrayFunction
    cos: ArrayFunction
    divide: ArrayFunction
    einsum: ArrayFunction
    empty: ArrayFunction
    empty_like: ArrayFunction
    equal: ArrayFunction
    exp: ArrayFunction
    expm1: ArrayFunction
    flip: ArrayFunction
    full: ArrayFunction
    greater: ArrayFunction
    greater_equal: ArrayFunction
    isfinite: ArrayFunction
    less: ArrayFunction
    less_equal: ArrayFunction
    log1p: ArrayFunction
    log: ArrayFunction
    logaddexp: ArrayFunction
    matmul: ArrayFunction
    maximum: ArrayFunction
    minimum: ArrayFunction
    moveaxis: ArrayFunction
    multiply: ArrayFunction
    not_equal: ArrayFunction
    ones: ArrayFunction
    ones_like: ArrayFunction
    pad: ArrayFunction
    power: ArrayFunction
    put_along_axis: Callable[..., None]
    sign: ArrayFunction
    sin: ArrayFunction
    split: Callable[..., list[Array]]
    sqrt: ArrayFunction
    square: ArrayFunction
    squeeze: ArrayFunction
    stack: ArrayFunction
    subtract: ArrayFunction
    sum: ArrayFunction
    take_along_axis: ArrayFunction
    tanh: ArrayFunction
    tril: ArrayFunction
    where: ArrayFunction
    zeros: ArrayFunction
    zeros_like: ArrayFunction


def all_steps(xp: ArrayModule, blocks: Array) -> Array:
    """`(time, rows, n)` as `(rows, time * n)`, for one GEMM over all samples of all steps."""
    time, rows, n = blocks.shape
    return xp.ascontiguousarray(blocks.transpose(1, 0, 2)).reshape(rows, time * n)
