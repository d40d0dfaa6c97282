"""Ops that move elements without computing: reshape, transpose, join, split, pad."""

from __future__ import annotations

import math
from collections.abc import Sequence

from azuraforge_core.dtypes import Array, common_dtype
from azuraforge_core.errors import ArgumentError, ShapeError
from azuraforge_core.ops.operands import axes_of, axis_of, cast
from azuraforge_core.tape import record
from azuraforge_core.tensor import Axes, Tensor, backend_of


def reshape(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The same elements in row order in another shape; one length may be -1.

    Raises:
        ShapeError: the numbers of elements differ.
    """
    try:
        y = x.data.reshape(shape)
    except ValueError as error:
        raise ShapeError(f"reshape: shape {x.shape} has {x.size} elements, {shape} does not hold them") from error

    def vjp(g: Array) -> tuple[Array]:
        return (g.reshape(x.shape),)

    return record(y, (x,), vjp)


def flatten(x: Tensor, *, start: int = 1) -> Tensor:
    """All axes from `start` on as one."""
    keep = axis_of("flatten", start, ndim=x.ndim + 1) if start >= 0 else axis_of("flatten", start, ndim=x.ndim)
    return reshape(x, (*x.shape[:keep], math.prod(x.shape[keep:])))


def transpose(x: Tensor, axes: tuple[int, ...] | None = None) -> Tensor:
    """Axes in the order of `axes`; reversed for None.

    Raises:
        ArgumentError: `axes` does not name every axis once.
    """
    order = (
        tuple(reversed(range(x.ndim))) if axes is None else tuple(axis_of("transpose", a, ndim=x.ndim) for a in axes)
    )
    if sorted(order) != list(range(x.ndim)):
        raise ArgumentError(f"transpose: axes {axes} must name each of the {x.ndim} axes of {x.shape} once")
    back = tuple(order.index(a) for a in range(x.ndim))

    def vjp(g: Array) -> tuple[Array]:
        return (g.transpose(back),)

    return record(x.data.transpose(order), (x,), vjp)


def swap_axes(x: Tensor, a: int, *, b: int) -> Tensor:
    """Two axes exchanged."""
    first, second = axis_of("swap_axes", a, ndim=x.ndim), axis_of("swap_axes", b, ndim=x.ndim)
    order = list(range(x.ndim))
    order[first], order[second] = second, first
    return transpose(x, tuple(order))


def expand_dims(x: Tensor, axis: int) -> Tensor:
    """A new axis of length 1 at `axis` of the answer."""
    at = axis_of("expand_dims", axis, ndim=x.ndim + 1)
    return reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


def squeeze(x: Tensor, axis: Axes = None) -> Tensor:
    """Without the given axes of length 1; without all of them for None.

    Raises:
        ShapeError: a given axis is longer.
    """
    axes = tuple(a for a in range(x.ndim) if x.shape[a] == 1) if axis is None else axes_of("squeeze", x, axis=axis)
    if any(x.shape[a] != 1 for a in axes):
        raise ShapeError(f"squeeze: axis {axis} of shape {x.shape} is not of length 1")
    return reshape(x, tuple(length for a, length in enumerate(x.shape) if a not in axes))


def broadcast_to(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Repeated along axes of length 1 and new leading axes.

    Raises:
        ShapeError: `x` does not broadcast to `shape`.
    """
    try:
        y = backend_of(x).xp.broadcast_to(x.data, shape)
    except ValueError as error:
        raise ShapeError(f"broadcast_to: shape {x.shape} does not broadcast to {shape}") from error

    def vjp(g: Array) -> tuple[Array]:
        return (g,)  # the tape sums it back

    return record(y, (x,), vjp)


def concat(xs: Sequence[Tensor], *, axis: int = 0) -> Tensor:
    """Tensors one after the other along an axis that they have.

    Raises:
        ShapeError: none given, or the other axes differ.
    """
    tensors = _one_dtype("concat", xs)
    at = axis_of("concat", axis, ndim=tensors[0].ndim)
    rests = {(*x.shape[:at], *x.shape[at + 1 :]) if x.ndim > at else () for x in tensors}
    if len(rests) > 1 or len({x.ndim for x in tensors}) > 1:
        raise ShapeError(f"concat: shapes {', '.join(str(x.shape) for x in tensors)} differ beside axis {axis}")
    ends, total = [], 0
    for x in tensors:
        total += x.shape[at]
        ends.append(total)
    xp = backend_of(*tensors).xp

    def vjp(g: Array) -> list[Array]:
        return xp.split(g, ends[:-1], axis=at)

    return record(xp.concatenate([x.data for x in tensors], axis=at), tensors, vjp)


def stack(xs: Sequence[Tensor], *, axis: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis.

    Raises:
        ShapeError: none given, or their shapes differ.
    """
    tensors = _one_dtype("stack", xs)
    if len({x.shape for x in tensors}) > 1:
        raise ShapeError(f"stack: shapes {', '.join(str(x.shape) for x in tensors)} must be equal")
    at = axis_of("stack", axis, ndim=tensors[0].ndim + 1)
    xp = backend_of(*tensors).xp

    def vjp(g: Array) -> list[Array]:
        return list(xp.moveaxis(g, at, 0))

    return record(xp.stack([x.data for x in tensors], axis=at), tensors, vjp)


def split(x: Tensor, sizes: Sequence[int], *, axis: int = 0) -> list[Tensor]:
    """Consecutive parts of the given lengths along an axis.

    Raises:
        ShapeError: the lengths do not add up to the axis.
    """
    at = axis_of("split", axis, ndim=x.ndim)
    if any(size < 0 for size in sizes) or sum(sizes) != x.shape[at]:
        raise ShapeError(f"split: sizes {list(sizes)} do not add up to axis {axis} of shape {x.shape}")
    parts, start = [], 0
    for size in sizes:
        parts.append(_part(x, slice(start, start + size), axis=at))
        start += size
    return parts


def pad(x: Tensor, widths: Sequence[tuple[int, int]], *, value: float = 0.0) -> Tensor:
    """`value` before and after every axis; `widths` holds (before, after) per axis.

    Raises:
        ShapeError: there is not one pair per axis, or a width is negative.
    """
    is_whole = all(isinstance(width, int) for pair in widths for width in pair)
    if len(widths) != x.ndim or not is_whole or any(before < 0 or after < 0 for before, after in widths):
        raise ShapeError(f"pad: widths {list(widths)} for shape {x.shape}; needed is one (before, after) >= 0 per axis")
    inner = tuple(slice(before, before + length) for (before, _), length in zip(widths, x.shape, strict=True))

    def vjp(g: Array) -> tuple[Array]:
        return (g[inner],)

    return record(backend_of(x).xp.pad(x.data, tuple(widths), constant_values=value), (x,), vjp)


def flip(x: Tensor, axis: Axes = None) -> Tensor:
    """Elements in reverse order along `axis` (all axes for None)."""
    axes = axes_of("flip", x, axis=axis)
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (xp.flip(g, axis=axes),)

    return record(xp.flip(x.data, axis=axes), (x,), vjp)


def _part(x: Tensor, part: slice, *, axis: int) -> Tensor:
    index = (slice(None),) * axis + (part,)

    def vjp(g: Array) -> tuple[Array]:
        whole = backend_of(x).xp.zeros(x.shape, dtype=g.dtype)
        whole[index] = g
        return (whole,)

    return record(x.data[index], (x,), vjp, name="split")


def _one_dtype(op: str, xs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    if not xs:
        raise ShapeError(f"{op}: at least one tensor is needed")
    dtype = xs[0].dtype
    for x in xs[1:]:
        dtype = common_dtype(dtype, x.dtype)
    return tuple(cast(x, dtype) for x in xs)
