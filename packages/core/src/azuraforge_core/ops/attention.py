"""Attention: every query looks at all keys and answers with a mean of their values."""

from __future__ import annotations

import math

import numpy as np

from azuraforge_core.dtypes import Array, bool_
from azuraforge_core.errors import DtypeError, ShapeError
from azuraforge_core.ops.operands import need_same_dtype
from azuraforge_core.tape import record
from azuraforge_core.tensor import Tensor, backend_of


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    mask: Tensor | Array | None = None,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """`softmax(q kᵀ scale) v` (Vaswani 2017).

    `q (..., queries, d)`, `k (..., keys, d)`, `v (..., keys, e)`, answer (..., queries, e); leading axes broadcast.
    `mask` broadcasts to (..., queries, keys) and is True where a query may look; `is_causal` lets query i look at keys
    up to i. A query that may look nowhere answers 0. `scale` is 1 / sqrt(d) unless given.

    Raises:
        ShapeError: they do not fit.
        DtypeError: the mask is not bool.
    """
    need_same_dtype("attention", q=q, k=k, v=v)
    leading = _check(q, k, v)
    backend = backend_of(q, k, v)
    allowed = _allowed(mask, (*leading, q.shape[-2], k.shape[-2]))
    if is_causal:
        lower = backend.xp.tril(backend.xp.ones((q.shape[-2], k.shape[-2]), dtype=bool))
        allowed = lower if allowed is None else allowed & lower
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else float(scale)
    attended = backend.attend(q.data, k.data, v.data, mask=allowed, scale=factor)

    def vjp(g: Array) -> tuple[Array, Array, Array]:
        return backend.attend_vjp(g, attended, (q.data, k.data, v.data), scale=factor)

    return record(attended.y, (q, k, v), vjp)


def _check(q: Tensor, k: Tensor, v: Tensor) -> tuple[int, ...]:
    fits = min(q.ndim, k.ndim, v.ndim) >= 2 and q.shape[-1] == k.shape[-1] > 0 and k.shape[-2] == v.shape[-2]
    try:
        leading = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"attention: q {q.shape}, k {k.shape}, v {v.shape}; needed are q (..., queries, d), k (..., keys, d), "
            "v (..., keys, e), leading axes that broadcast"
        )
    return leading


def _allowed(mask: Tensor | Array | None, shape: tuple[int, ...]) -> Array | None:
    if mask is None:
        return None
    allowed = mask.data if isinstance(mask, Tensor) else Tensor(mask).data
    if allowed.dtype != bool_:
        raise DtypeError(f"attention: the mask is {allowed.dtype}, it must be bool, True where a query may look")
    try:
        fits = np.broadcast_shapes(allowed.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"attention: the mask {allowed.shape} does not broadcast to {shape}, one entry per query and key"
        )
    return allowed
