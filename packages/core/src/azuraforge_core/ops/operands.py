"""How operands of any kind become tensors of one dtype, and axes become numbers that fit."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from azuraforge_core.dtypes import DEFAULT, Array, common_dtype, is_float
from azuraforge_core.errors import ArgumentError, DtypeError, IndexOutOfRange, IntegerOverflow, ShapeError
from azuraforge_core.tape import record
from azuraforge_core.tensor import Axes, Operand, Tensor, backend_of


def cast(x: Tensor, dtype: Any) -> Tensor:
    """The same values in another dtype; the gradient comes back in the old one."""
    if x.dtype == dtype:
        return x

    def vjp(g: Array) -> tuple[Array]:
        return (g.astype(x.dtype),)

    if np.dtype(dtype).kind in "iu":
        return record(_as_whole(x, np.dtype(dtype)), (x,), vjp)
    return record(x.data.astype(dtype), (x,), vjp)


def pair(a: Operand, b: Operand) -> tuple[Tensor, Tensor]:
    """Both operands as tensors of one dtype; a Python number takes the dtype of the other operand."""
    if isinstance(a, Tensor):
        if not isinstance(b, Tensor):
            b = _beside(a, b)
    elif isinstance(b, Tensor):
        a = _beside(b, a)
    else:
        a, b = Tensor(a), Tensor(b)
    if a.data.dtype is b.data.dtype or a.dtype == b.dtype:
        return a, b
    dtype = common_dtype(a.dtype, b.dtype)
    return cast(a, dtype), cast(b, dtype)


def float_pair(a: Operand, b: Operand) -> tuple[Tensor, Tensor]:
    """Both operands as floating tensors of one dtype."""
    a, b = pair(a, b)
    return (a, b) if is_float(a.dtype) else (cast(a, DEFAULT), cast(b, DEFAULT))


def as_float(x: Operand) -> Tensor:
    """The operand as a floating tensor."""
    x = x if isinstance(x, Tensor) else Tensor(x)
    return x if x.data.dtype.kind == "f" else cast(x, DEFAULT)


def need_float(op: str, **tensors: Tensor) -> None:
    """Refuse operands that are not floating.

    Raises:
        DtypeError: names the op, the operand and its dtype.
    """
    for name, x in tensors.items():
        if not is_float(x.dtype):
            raise DtypeError(f"{op}: {name} is {x.dtype}, it must be float32 or float64")


def need_same_dtype(op: str, **tensors: Tensor) -> None:
    """Refuse floating operands of different dtypes, where mixing them would hide a mistake.

    Raises:
        DtypeError: names the op and every dtype.
    """
    need_float(op, **tensors)
    if len({x.dtype for x in tensors.values()}) > 1:
        seen = ", ".join(f"{name} {x.dtype}" for name, x in tensors.items())
        raise DtypeError(f"{op}: {seen}; they must be of one dtype")


def check_whole(op: str, y: Array, exact: Array) -> Array:
    """The whole numbers `y` that `op` answers with, if they are those that float64 finds, `exact`, up to rounding.

    Raises:
        IntegerOverflow: one of them wrapped around.
    """
    # A number that wrapped is off by a power of two that is twice this; float64 rounds by far less.
    if bool((abs(y.astype(np.float64) - exact) >= 2.0 ** (8 * y.dtype.itemsize - 1)).any()):
        raise IntegerOverflow(
            f"{op}: an answer of shape {y.shape} does not fit {y.dtype}: make the operands int64 or float32"
        )
    return y


def broadcast(op: str, a: Tensor, *, b: Tensor) -> tuple[int, ...]:
    """The common shape.

    Raises:
        ShapeError: names the op and both shapes.
    """
    shape = a.data.shape
    if shape == b.data.shape:  # np.broadcast_shapes takes longer than a small op
        return shape
    try:
        return np.broadcast_shapes(a.shape, b.shape)
    except ValueError as error:
        raise ShapeError(f"{op}: shapes {a.shape} and {b.shape} do not broadcast together") from error


def axes_of(op: str, x: Tensor, *, axis: Axes) -> tuple[int, ...]:
    """The axes as sorted numbers from 0; all of them for None.

    Raises:
        IndexOutOfRange: an axis that `x` does not have.
        ArgumentError: an axis twice.
    """
    if axis is None:
        return tuple(range(x.ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(sorted(axis_of(op, one, ndim=x.ndim) for one in given))
    if len(set(axes)) < len(axes):
        raise ArgumentError(f"{op}: axis {axis} names an axis of shape {x.shape} twice")
    return axes


def axis_of(op: str, axis: int, *, ndim: int) -> int:
    """The axis as a number from 0.

    Raises:
        IndexOutOfRange: there are fewer axes.
        ArgumentError: it is no whole number.
    """
    try:
        axis = operator.index(axis)
    except TypeError as error:
        raise ArgumentError(f"{op}: axis {axis!r} is no whole number") from error
    if not -ndim <= axis < ndim:
        raise IndexOutOfRange(f"{op}: axis {axis} of a tensor with {ndim} axes")
    return axis % ndim


def _as_whole(x: Tensor, dtype: np.dtype[Any]) -> Array:
    limits = np.iinfo(dtype)
    is_below = x.data < float(limits.max) + 1 if is_float(x.dtype) else x.data <= limits.max
    if not bool((is_below & (x.data >= limits.min)).all()):
        raise IntegerOverflow(
            f"cast: shape {x.shape} of {x.dtype} holds numbers outside of {limits.min}..{limits.max}, or NaN: "
            f"{dtype} cannot hold them"
        )
    return x.data.astype(dtype)


def _beside(x: Tensor, number: Array | float) -> Tensor:
    if isinstance(number, bool | int | float | np.generic):
        # Taken as a weak Python number: np.float64(2) would otherwise turn a float32 step into float64 (NEP 50).
        is_whole = isinstance(number, bool | int | np.integer | np.bool_)
        dtype = x.dtype if is_float(x.dtype) or is_whole else DEFAULT
        try:
            return Tensor(
                backend_of(x).xp.asarray(int(number) if is_whole and dtype.kind in "iu" else number, dtype=dtype)
            )
        except OverflowError as error:
            raise IntegerOverflow(
                f"{number} does not fit beside a tensor of {x.dtype}: convert the tensor first"
            ) from error
    return Tensor(number)
