"""Reading and writing parts of a tensor, and choosing between two."""

from __future__ import annotations

from typing import Any

import numpy as np

from azuraforge_core.device import Device
from azuraforge_core.dtypes import Array, bool_, is_float
from azuraforge_core.errors import DtypeError, IndexOutOfRange, ShapeError
from azuraforge_core.ops.operands import axis_of, broadcast, pair
from azuraforge_core.tape import record
from azuraforge_core.tensor import Operand, Tensor, backend_of
from azuraforge_core.transfer import beside, to_host


def getitem(x: Tensor, index: Any) -> Tensor:
    """`x[index]` by NumPy's rules; an element that is read twice gets both gradients.

    Arrays in the index may be on the host whatever the device of `x`; where they are on the device, the host waits for
    them, because it checks their bounds.

    Raises:
        IndexOutOfRange: outside of the shape.
    """
    key = _plain(index)
    try:
        return gather(x, key if x.device is Device.CPU or _is_basic(key) else _checked(key, x))
    except IndexError as error:
        raise IndexOutOfRange(f"getitem: {error} (shape {x.shape})") from error


def gather(x: Tensor, key: Any) -> Tensor:
    """`x[key]` for arrays on the device of `x` that hold nothing outside of it: a GPU would read another element."""
    xp = backend_of(x).xp

    def vjp(g: Array) -> tuple[Array]:
        whole = xp.zeros(x.shape, dtype=g.dtype)
        if _is_basic(key):
            whole[key] = g
        else:
            xp.add.at(whole, key, g)
        return (whole,)

    return record(x.data[key], (x,), vjp, name="getitem")


def where(condition: Tensor | Array, a: Operand, b: Operand) -> Tensor:
    """`a` where the condition holds, `b` elsewhere; all three broadcast.

    Raises:
        DtypeError: the condition is not bool.
    """
    a, b = pair(a, b)
    chosen = condition if isinstance(condition, Tensor) else Tensor(beside(a.data, Tensor(condition).data))
    if chosen.dtype != bool_:
        raise DtypeError(f"where: the condition is {chosen.dtype}, it must be bool: compare first")
    broadcast("where", a, b=b)
    broadcast("where", chosen, b=a)
    broadcast("where", chosen, b=b)
    xp = backend_of(chosen, a, b).xp

    def vjp(g: Array) -> tuple[Array, Array]:
        return xp.where(chosen.data, g, 0), xp.where(chosen.data, 0, g)

    return record(xp.where(chosen.data, a.data, b.data), (a, b), vjp)


def take(x: Tensor, indices: Tensor | Array, *, axis: int = 0) -> Tensor:
    """Rows of `x` along `axis` by integer; negative integers are refused, labels are not counted from the end.

    Raises:
        DtypeError: the indices are no integers.
        IndexOutOfRange: an index below 0 or past the end.
    """
    at = axis_of("take", axis, ndim=x.ndim)
    rows = check_indices("take", indices, count=x.shape[at])
    return gather(x, (slice(None),) * at + (beside(x.data, rows),))


def embedding(indices: Tensor | Array, w: Tensor) -> Tensor:
    """Row `indices[...]` of `w (count, width)`; answer (..., width).

    Raises:
        DtypeError: the indices are no integers.
        IndexOutOfRange: an index below 0 or not below count.
        ShapeError: `w` is no matrix.
    """
    if w.ndim != 2:
        raise ShapeError(f"embedding: w {w.shape}; needed is (count, width)")
    return take(w, indices)


def scatter_add(x: Tensor, indices: Tensor | Array, *, values: Tensor) -> Tensor:
    """`x` with `values[k]` added to row `indices[k]`; a row may be named several times.

    `x (rows, ...)`, `indices (k,)`, `values (k, ...)`.

    Raises:
        ShapeError: `values` does not hold one row per index.
        IndexOutOfRange: an index outside of the rows.
    """
    x, values = pair(x, values)
    rows = check_indices("scatter_add", indices, count=len(x))
    if rows.ndim != 1 or values.shape != (*rows.shape, *x.shape[1:]):
        raise ShapeError(
            f"scatter_add: values {values.shape}, indices {rows.shape}; needed is (k,) and (k, *{x.shape[1:]})"
        )
    xp = backend_of(x, values).xp
    rows, y = beside(x.data, rows), x.data.copy()
    xp.add.at(y, rows, values.data)

    def vjp(g: Array) -> tuple[Array, Array]:
        return g, g[rows]

    return record(y, (x, values), vjp)


def check_indices(op: str, indices: Tensor | Array, *, count: int) -> Array:
    """The indices as an array on the host, each at least 0 and below `count`.

    A GPU wraps an index around without a word, so the host looks at all of them; it has to wait for those that are on
    a device.

    Raises:
        DtypeError: no integers.
        IndexOutOfRange: names the first one outside.
    """
    array = to_host(indices.data if isinstance(indices, Tensor) else Tensor(indices).data)
    if is_float(array.dtype) or array.dtype == bool_:
        raise DtypeError(f"{op}: indices are {array.dtype}, they must be integers: use .astype('int64') on the labels")
    if array.size:
        low, high = int(array.min()), int(array.max())
        if low < 0 or high >= count:
            raise IndexOutOfRange(f"{op}: index {low if low < 0 else high} is outside of 0..{count - 1}")
    return array


def _plain(index: Any) -> Any:
    """The index with tensors replaced by their arrays."""
    if isinstance(index, Tensor):
        return index.data
    if isinstance(index, tuple):
        return tuple(_plain(part) for part in index)
    return index


def _checked(key: Any, x: Tensor) -> Any:
    """The key with every array on the device of `x`, once NumPy has found nothing in it outside of the shape."""
    parts = key if isinstance(key, tuple) else (key,)
    host = tuple(part if _is_basic(part) else to_host(Tensor(part).data) for part in parts)
    np.broadcast_to(np.zeros((), bool), x.shape)[host]  # as large as the answer, a byte for each of its elements
    return tuple(part if _is_basic(part) else beside(x.data, part) for part in host)


def _is_basic(key: Any) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is None or part is Ellipsis or isinstance(part, slice | int) for part in parts)
