"""Numbers as probabilities: softmax, and the losses of classifiers."""

from __future__ import annotations

import math

from azuraforge_core.device import Device
from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError, ShapeError
from azuraforge_core.ops.indexing import check_indices
from azuraforge_core.ops.loss import check_pair
from azuraforge_core.ops.operands import as_float, axis_of, need_float
from azuraforge_core.tape import record
from azuraforge_core.tensor import Operand, Tensor, backend_of
from azuraforge_core.transfer import beside, to_host


def softmax(x: Operand, *, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`, without overflow."""
    x = as_float(x)
    axis = axis_of("softmax", axis, ndim=x.ndim)
    xp = backend_of(x).xp
    y = xp.exp(_log_softmax(x, axis=axis))

    def vjp(g: Array) -> tuple[Array]:
        return (y * (g - xp.sum(g * y, axis=axis, keepdims=True)),)

    return record(y, (x,), vjp)


def log_softmax(x: Operand, *, axis: int = -1) -> Tensor:
    """log(softmax(x)) along `axis`, exact where the probability rounds to 0."""
    x = as_float(x)
    axis = axis_of("log_softmax", axis, ndim=x.ndim)
    xp = backend_of(x).xp
    y = _log_softmax(x, axis=axis)

    def vjp(g: Array) -> tuple[Array]:
        return (g - xp.exp(y) * xp.sum(g, axis=axis, keepdims=True),)

    return record(y, (x,), vjp)


def cross_entropy(
    logits: Tensor, labels: Tensor | Array, *, smoothing: float = 0.0, class_weights: Array | None = None
) -> Tensor:
    """Mean of -log(probability of the label).

    `logits (..., classes)`, `labels (...)` whole numbers from 0 to classes - 1. `smoothing` spreads that share of each
    label over all classes; with `class_weights (classes)` the mean is weighted by the label's class.

    Raises:
        ShapeError: they do not fit, or there is nothing to average.
        DtypeError: the labels are no integers.
        IndexOutOfRange: a label that is no class; -1 is none.
        ArgumentError: smoothing outside of 0 to 1, or weights below 0 or all 0 for the labels given.
    """
    need_float("cross_entropy", logits=logits)
    count = logits.shape[-1] if logits.ndim else 0
    chosen = check_indices("cross_entropy", labels, count=count)
    if not logits.ndim or chosen.shape != logits.shape[:-1] or not chosen.size:
        raise ShapeError(
            f"cross_entropy: logits {logits.shape} and labels {chosen.shape}; needed are (..., classes) and (...)"
        )
    if not 0 <= smoothing <= 1:
        raise ArgumentError(f"cross_entropy: smoothing is {smoothing}, it must be from 0 to 1")
    if class_weights is not None:
        return _weighted_cross_entropy(logits, chosen, smoothing=float(smoothing), class_weights=class_weights)
    backend = backend_of(logits)
    rows, row_labels = logits.data.reshape(-1, count), beside(logits.data, chosen.reshape(-1))
    losses, probabilities = backend.cross_entropy(rows, row_labels, smoothing=float(smoothing))

    def vjp(g: Array) -> tuple[Array]:
        share = g / losses.size
        slopes = backend.cross_entropy_vjp(probabilities, row_labels, smoothing=float(smoothing), share=share)
        return (slopes.reshape(logits.shape),)

    return record(backend.xp.sum(losses) / losses.size, (logits,), vjp)


def _weighted_cross_entropy(logits: Tensor, chosen: Array, *, smoothing: float, class_weights: Array) -> Tensor:
    xp, count = backend_of(logits).xp, logits.shape[-1]
    weights = _checked_weights(class_weights, logits, chosen=chosen)
    total = float(weights[chosen].sum())
    wanted = xp.full(logits.shape, smoothing / count, dtype=logits.dtype)
    xp.put_along_axis(wanted, beside(wanted, chosen[..., None]), 1 - smoothing + smoothing / count, axis=-1)
    wanted *= beside(wanted, weights)
    log_p = _log_softmax(logits, axis=logits.ndim - 1)

    def vjp(g: Array) -> tuple[Array]:
        mass = xp.sum(wanted, axis=-1, keepdims=True)
        return ((xp.exp(log_p) * mass - wanted) * (g / total),)

    # A class that is not wanted must not count, even where its logit is -inf.
    losses = wanted * xp.where(wanted == 0, 0, log_p)
    return record(-xp.sum(losses) / total, (logits,), vjp, name="cross_entropy")


def binary_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Mean of -log(probability of the target) where sigmoid(logit) is the probability of 1; targets from 0 to 1.

    Raises:
        ShapeError, DtypeError: they do not fit.
        ArgumentError: a target outside of 0 to 1. On a GPU, where the host would have to wait for the answer, the
            loss is NaN instead.
    """
    check_pair("binary_cross_entropy", logits, target=target)
    xp, x, t = backend_of(logits, target).xp, logits.data, target.data
    is_inside = (t >= 0) & (t <= 1)
    if target.device is Device.CPU and not bool(is_inside.all()):
        raise ArgumentError("binary_cross_entropy: a target is outside of 0 to 1")
    losses = xp.maximum(x, 0) - x * t + xp.log1p(xp.exp(-xp.absolute(x)))
    if target.device is not Device.CPU:
        losses = xp.where(is_inside, losses, math.nan)

    def vjp(g: Array) -> tuple[Array, Array | None]:
        share = g / x.size
        probability = xp.tanh(x * 0.5) * 0.5 + 0.5
        return (probability - t) * share, -x * share if target.requires_grad else None

    return record(xp.sum(losses) / x.size, (logits, target), vjp)


def _log_softmax(x: Tensor, *, axis: int) -> Array:
    xp = backend_of(x).xp
    if not x.shape[axis]:
        raise ShapeError(f"softmax: axis {axis} of shape {x.shape} is empty")
    top = x.data.max(axis=axis, keepdims=True)
    shifted = x.data - xp.where(xp.isfinite(top), top, 0)
    shifted -= xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))
    return shifted


def _checked_weights(class_weights: Array, logits: Tensor, *, chosen: Array) -> Array:
    weights = to_host(class_weights).astype(logits.dtype)
    if weights.shape != logits.shape[-1:]:
        raise ShapeError(f"cross_entropy: class_weights {weights.shape}; needed is {logits.shape[-1:]}, one per class")
    if not bool((weights >= 0).all()) or not float(weights[chosen].sum()) > 0:
        raise ArgumentError("cross_entropy: class_weights must be 0 or more, and above 0 for a label that occurs")
    return weights
