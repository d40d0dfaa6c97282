"""Attention: every query looks at all keys and answers with a mean of their values."""

from __future__ import annotations

import math

import numpy as np

from azuraforge_core.dtypes import Array, bool_
from azuraforge_core.errors import DtypeError, ShapeError
from azuraforge_core.fused import AttentionRule
from azuraforge_core.ops.operands import need_float, need_same_dtype
from azuraforge_core.tape import record
from azuraforge_core.tensor import Tensor, backend_of
from azuraforge_core.transfer import beside


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
    rule = AttentionRule(
        _allowed(mask, (*leading, q.shape[-2], k.shape[-2]), q=q.data),
        is_causal,
        1 / math.sqrt(q.shape[-1]) if scale is None else float(scale),
    )
    backend = backend_of(q, k, v)
    attended = backend.attend(q.data, k.data, v.data, rule=rule)

    def vjp(g: Array) -> tuple[Array, Array, Array]:
        return backend.attend_vjp(g, attended, (q.data, k.data, v.data), rule=rule)

    return record(attended.y, (q, k, v), vjp)


def self_attention(
    packed: Tensor, *, heads: int, mask: Tensor | Array | None = None, is_causal: bool = False
) -> Tensor:
    """Attention of a sequence to itself by several heads, on queries, keys and values side by side.

    `packed (n, time, 3 width)` holds q, k and v of all heads, a head's `width / heads` numbers next to each other;
    answer (n, time, width), the heads joined. Nothing is moved: every head is read and written where it lies. `mask`
    broadcasts to (n, heads, time, time); see `attention`.

    Raises:
        ShapeError: they do not fit.
        DtypeError: the mask is not bool.
    """
    need_float("self_attention", packed=packed)
    if packed.ndim != 3 or heads < 1 or not packed.shape[2] or packed.shape[2] % (3 * heads):
        raise ShapeError(
            f"self_attention: packed {packed.shape} and {heads} heads; needed are (n, time, 3 width) and heads that "
            "divide width"
        )
    n, time, width = packed.shape[0], packed.shape[1], packed.shape[2] // 3
    size = width // heads
    rule = AttentionRule(_allowed(mask, (n, heads, time, time), q=packed.data), is_causal, 1 / math.sqrt(size))
    backend = backend_of(packed)
    operands = _split(packed.data, heads)
    y = backend.xp.empty((n, time, width), dtype=packed.dtype)
    attended = backend.attend(*operands, rule=rule, out=_by_head(y, heads))

    def vjp(g: Array) -> tuple[Array]:
        d_packed = backend.xp.empty(packed.shape, dtype=packed.dtype)
        backend.attend_vjp(_by_head(g, heads), attended, operands, rule=rule, out=_split(d_packed, heads))
        return (d_packed,)

    return record(y, (packed,), vjp)


def _split(packed: Array, heads: int) -> tuple[Array, Array, Array]:
    """Views of q, k and v, each (n, heads, time, size)."""
    n, time, width = packed.shape
    q, k, v = packed.reshape(n, time, 3, heads, width // (3 * heads)).transpose(2, 0, 3, 1, 4)
    return q, k, v


def _by_head(x: Array, heads: int) -> Array:
    """A view (n, heads, time, size) of `x (n, time, width)`."""
    n, time, width = x.shape
    return x.reshape(n, time, heads, width // heads).transpose(0, 2, 1, 3)


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


def _allowed(mask: Tensor | Array | None, shape: tuple[int, ...], *, q: Array) -> Array | None:
    """The mask on the device of `q`."""
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
    return beside(q, allowed)
