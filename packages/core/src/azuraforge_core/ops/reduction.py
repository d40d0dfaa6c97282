"""Ops that take axes away: sums, means, extremes."""

from __future__ import annotations

import math

from azuraforge_core.backend.select import as_array
from azuraforge_core.dtypes import Array, float64
from azuraforge_core.errors import ShapeError
from azuraforge_core.ops.operands import as_float, axes_of, axis_of, check_whole
from azuraforge_core.tape import record
from azuraforge_core.tensor import Axes, Tensor, backend_of


def sum(x: Tensor, axis: Axes = None, *, keepdims: bool = False) -> Tensor:  # noqa: A001 - the op's name in every library
    """Sum over `axis` (all axes for None)."""
    axes = axes_of("sum", x, axis=axis)
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (xp.broadcast_to(_opened(g, x, axes=axes), x.shape),)

    y = xp.sum(x.data, axis=axes, keepdims=keepdims)
    if y.dtype.kind in "iu":
        check_whole("sum", as_array(y), xp.sum(x.data.astype(float64), axis=axes, keepdims=keepdims))
    return record(y, (x,), vjp)


def mean(x: Tensor, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Mean over `axis` (all axes for None).

    Raises:
        ShapeError: there is nothing to take a mean of.
    """
    x = as_float(x)
    axes = axes_of("mean", x, axis=axis)
    count = math.prod(x.shape[a] for a in axes)
    if not count:
        raise ShapeError(f"mean: shape {x.shape} has no element along axis {axis}")
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        return (xp.broadcast_to(_opened(g, x, axes=axes) / count, x.shape),)

    return record(xp.sum(x.data, axis=axes, keepdims=keepdims) / count, (x,), vjp)


def variance(x: Tensor, axis: Axes = None, *, keepdims: bool = False, correction: int = 0) -> Tensor:
    """Mean squared distance from the mean; `correction=1` divides by one less, for a sample.

    Raises:
        ShapeError: not enough elements.
    """
    x = as_float(x)
    axes = axes_of("variance", x, axis=axis)
    count = math.prod(x.shape[a] for a in axes)
    if count <= correction or not count:
        raise ShapeError(f"variance: {count} elements along axis {axis} of shape {x.shape}, correction {correction}")
    xp = backend_of(x).xp
    centred = x.data - xp.sum(x.data, axis=axes, keepdims=True) / count

    def vjp(g: Array) -> tuple[Array]:
        return (_opened(g, x, axes=axes) * centred * (2 / (count - correction)),)

    return record(xp.sum(centred * centred, axis=axes, keepdims=keepdims) / (count - correction), (x,), vjp)


def max(x: Tensor, axis: Axes = None, *, keepdims: bool = False) -> Tensor:  # noqa: A001 - the op's name in every library
    """Largest element over `axis`; elements that share it share the gradient equally."""
    return _extreme("max", x, axis=axis, keepdims=keepdims)


def min(x: Tensor, axis: Axes = None, *, keepdims: bool = False) -> Tensor:  # noqa: A001 - the op's name in every library
    """Smallest element over `axis`; elements that share it share the gradient equally."""
    return _extreme("min", x, axis=axis, keepdims=keepdims)


def argmax(x: Tensor, axis: int = -1) -> Tensor:
    """Index of the first largest element along `axis`, as int64; no gradient."""
    if not x.shape[axis_of("argmax", axis, ndim=x.ndim)]:
        raise ShapeError(f"argmax: axis {axis} of shape {x.shape} is empty")
    return Tensor(backend_of(x).xp.asarray(x.data.argmax(axis=axis)))


def logsumexp(x: Tensor, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis`, without overflow.

    Raises:
        ShapeError: the axis is empty.
    """
    x = as_float(x)
    axes = axes_of("logsumexp", x, axis=axis)
    _need_elements("logsumexp", x, axes=axes)
    xp = backend_of(x).xp
    top = x.data.max(axis=axes, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)
    exps = xp.exp(x.data - top)
    sums = xp.sum(exps, axis=axes, keepdims=True)
    y = xp.log(sums) + top

    def vjp(g: Array) -> tuple[Array]:
        return (_opened(g, x, axes=axes) * (exps / sums),)

    return record(y if keepdims else xp.squeeze(y, axis=axes), (x,), vjp)


def _extreme(op: str, x: Tensor, *, axis: Axes, keepdims: bool) -> Tensor:
    axes = axes_of(op, x, axis=axis)
    _need_elements(op, x, axes=axes)
    xp = backend_of(x).xp
    top = x.data.max(axis=axes, keepdims=True) if op == "max" else x.data.min(axis=axes, keepdims=True)

    def vjp(g: Array) -> tuple[Array]:
        is_top = x.data == top
        return (_opened(g, x, axes=axes) * is_top / xp.sum(is_top, axis=axes, keepdims=True).astype(g.dtype),)

    return record(top if keepdims else xp.squeeze(top, axis=axes), (x,), vjp, name=op)


def _need_elements(op: str, x: Tensor, *, axes: tuple[int, ...]) -> None:
    if not math.prod(x.shape[a] for a in axes):
        raise ShapeError(f"{op}: shape {x.shape} has no element along axes {axes}")


def _opened(g: Array, x: Tensor, *, axes: tuple[int, ...]) -> Array:
    """`g` with the axes that the reduction took away, each of length 1."""
    return g.reshape(tuple(1 if a in axes else length for a, length in enumerate(x.shape)))
