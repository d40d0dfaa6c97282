"""Scaled dot-product attention in plain array code."""

from __future__ import annotations

import math

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import Attended, AttentionRule


def attend(xp: ArrayModule, q: Array, k: Array, v: Array, *, rule: AttentionRule, out: Array | None = None) -> Attended:
    """`softmax(q kᵀ scale) v`; a query that may look nowhere answers 0 (Vaswani 2017)."""
    p = _probabilities(xp, q, k, rule=rule)
    return Attended(xp.matmul(p, v, out=out), p)


def _probabilities(xp: ArrayModule, q: Array, k: Array, *, rule: AttentionRule) -> Array:
    scores = xp.matmul(q, k.swapaxes(-1, -2))
    scores *= float(rule.scale)
    allowed = _allowed(xp, rule, size=(q.shape[-2], k.shape[-2]))
    if allowed is not None:
        scores = xp.where(allowed, scores, -math.inf)
    if scores.shape[-1]:  # without a key there is no largest score, and CuPy's max knows no `initial`
        top = scores.max(axis=-1, keepdims=True)
        scores -= xp.where(xp.isfinite(top), top, 0)
    xp.exp(scores, out=scores)
    sums = xp.sum(scores, axis=-1, keepdims=True)
    scores /= xp.where(sums == 0, 1, sums)
    return scores


def attend_vjp(
    xp: ArrayModule,
    g: Array,
    attended: Attended,
    *,
    operands: tuple[Array, Array, Array],
    rule: AttentionRule,
    out: tuple[Array, Array, Array] | None = None,
) -> tuple[Array, Array, Array]:
    """Gradients of q, k and v, in the broadcast shape of the answer."""
    q, k, v = operands
    p = attended.probabilities
    if p is None:
        p = _probabilities(xp, q, k, rule=rule)
    to_q, to_k, to_v = (None, None, None) if out is None else out
    dv = xp.matmul(p.swapaxes(-1, -2), g, out=to_v)
    d_scores = xp.matmul(g, v.swapaxes(-1, -2))
    d_scores -= xp.sum(d_scores * p, axis=-1, keepdims=True)
    d_scores *= p
    d_scores *= float(rule.scale)
    dq = xp.matmul(d_scores, k, out=to_q)
    return dq, xp.matmul(d_scores.swapaxes(-1, -2), q, out=to_k), dv


def _allowed(xp: ArrayModule, rule: AttentionRule, *, size: tuple[int, int]) -> Array | None:
    if not rule.is_causal:
        return rule.mask
    lower = xp.tril(xp.ones(size, dtype=bool))
    return lower if rule.mask is None else lower & rule.mask
