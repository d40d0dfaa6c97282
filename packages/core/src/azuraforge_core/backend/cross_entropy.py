"""Cross entropy in plain array code."""

from __future__ import annotations

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.fused import CrossEntropy


def cross_entropy(xp: ArrayModule, logits: Array, labels: Array, *, smoothing: float) -> CrossEntropy:
    """Minus the logarithm of each row's probability of its label; `smoothing` spreads a share over all classes."""
    top = logits.max(axis=-1, keepdims=True)
    shifted = logits - xp.where(xp.isfinite(top), top, 0)
    shifted -= xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    losses = -xp.take_along_axis(shifted, labels[:, None], axis=-1)[:, 0]
    if smoothing:
        losses *= 1.0 - smoothing
        losses -= smoothing * shifted.mean(axis=-1)
    return CrossEntropy(losses, xp.exp(shifted))


def cross_entropy_vjp(
    xp: ArrayModule, probabilities: Array, labels: Array, *, smoothing: float, share: Array | float
) -> Array:
    """Gradient of `share` times the sum of the losses."""
    slopes: Array = probabilities - smoothing / probabilities.shape[-1]
    at_label = xp.take_along_axis(slopes, labels[:, None], axis=-1)
    xp.put_along_axis(slopes, labels[:, None], at_label - (1.0 - smoothing), axis=-1)
    slopes *= share
    return slopes
