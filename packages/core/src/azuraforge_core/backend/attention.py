"""Scaled dot-product attention in plain array code."""

from __future__ import annotations

import math

from azuraforge_core.backend.protocol import ArrayModule, Attended
from azuraforge_core.dtypes import Array


def attend(xp: ArrayModule, q: Array, k: Array, v: Array, *, mask: Array | None, scale: float) -> Attended:
    """`softmax(q kᵀ scale) v`; a query that may look nowhere answers 0 (Vaswani 2017)."""
    scores = xp.matmul(q, k.swapaxes(-1, -2))
    scores *= float(scale)
    if mask is not None:
        scores = xp.where(mask, scores, -math.inf)
    top = scores.max(axis=-1, keepdims=True, initial=-math.inf)
    scores -= xp.where(xp.isfinite(top), top, 0)
    xp.exp(scores, out=scores)
    sums = xp.sum(scores, axis=-1, keepdims=True)
    scores /= xp.where(sums == 0, 1, sums)
    return Attended(xp.matmul(scores, v), scores)


def attend_vjp(
    xp: ArrayModule, g: Array, attended: Attended, *, operands: tuple[Array, Array, Array], scale: float
) -> tuple[Array, Array, Array]:
    """Gradients of q, k and v, in the broadcast shape of the answer."""
    q, k, v = operands
    p = attended.probabilities
    dv = xp.matmul(p.swapaxes(-1, -2), g)
    d_scores = xp.matmul(g, v.swapaxes(-1, -2))
    d_scores -= xp.sum(d_scores * p, axis=-1, keepdims=True)
    d_scores *= p
    d_scores *= float(scale)
    return xp.matmul(d_scores, k), xp.matmul(d_scores.swapaxes(-1, -2), q), dv
