"""Normalisations, channels last: numbers with mean 0 and variance 1 over some axes, then `w` times that plus `b`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError, ShapeError
from azuraforge_core.fused import ChannelMoments, ChannelOperands
from azuraforge_core.ops.operands import need_same_dtype
from azuraforge_core.tape import record, record_many
from azuraforge_core.tensor import Gradients, Tensor, backend_of
from azuraforge_core.transfer import beside


def layer_norm(x: Tensor, w: Tensor, b: Tensor, *, epsilon: float = 1e-5) -> Tensor:
    """Standardise each sample over its last axes (Ba 2016).

    `x (..., *features)`, `w` and `b (*features)`.

    Raises:
        ShapeError: they do not fit, or there are no features.
        ArgumentError: epsilon is not above 0, as of every normalisation here.
    """
    epsilon = _need_epsilon("layer_norm", epsilon)
    need_same_dtype("layer_norm", x=x, w=w, b=b)
    if not w.ndim or w.shape != b.shape or x.shape[-w.ndim :] != w.shape or not w.size:
        raise ShapeError(
            f"layer_norm: x {x.shape}, w {w.shape}, b {b.shape}; needed are x (..., *features), w = b (*features)"
        )
    backend, rows = backend_of(x, w, b), (x.size // w.size, w.size)
    saved = backend.normalize_rows(
        x.data.reshape(rows), w.data.reshape(-1), b.data.reshape(-1), epsilon=epsilon, is_centred=True
    )

    def vjp(g: Array) -> Gradients:
        dx, dw, db = backend.normalize_rows_vjp(g.reshape(rows), saved, w.data.reshape(-1), is_centred=True)
        return dx.reshape(x.shape), dw.reshape(w.shape), db.reshape(w.shape)

    return record(saved.y.reshape(x.shape), (x, w, b), vjp)


def add_layer_norm(x: Tensor, other: Tensor, w: Tensor, b: Tensor, *, epsilon: float = 1e-5) -> tuple[Tensor, Tensor]:
    """`x + other` and its layer normalisation: what a residual connection hands on and what the next layer reads.

    `x` and `other` (..., features), `w` and `b` (features); see `layer_norm`.

    Raises:
        ShapeError: they do not fit, or there are no features.
    """
    epsilon = _need_epsilon("add_layer_norm", epsilon)
    need_same_dtype("add_layer_norm", x=x, other=other, w=w, b=b)
    if w.ndim != 1 or w.shape != b.shape or x.shape[-1:] != w.shape or not w.size or x.shape != other.shape:
        raise ShapeError(
            f"add_layer_norm: x {x.shape}, other {other.shape}, w {w.shape}, b {b.shape}; "
            "needed are x = other (..., features), w = b (features)"
        )
    backend, rows = backend_of(x, other, w, b), (x.size // w.size, w.size)
    saved = backend.normalize_rows(
        x.data.reshape(rows), w.data, b.data, epsilon=epsilon, is_centred=True, other=other.data.reshape(rows)
    )

    def vjp(gradients: Sequence[Array | None]) -> Gradients:
        g_sum, g = gradients
        if g is None:
            return g_sum, g_sum, None, None
        beside = None if g_sum is None else g_sum.reshape(rows)
        dx, dw, db = backend.normalize_rows_vjp(g.reshape(rows), saved, w.data, is_centred=True, beside=beside)
        dx = dx.reshape(x.shape)
        return dx, dx, dw, db

    both = (saved.x.reshape(x.shape), saved.y.reshape(x.shape))
    total, y = record_many(both, (x, other, w, b), vjp)
    return total, y


def batch_norm(
    x: Tensor, w: Tensor, b: Tensor, *, epsilon: float = 1e-5, more: Tensor | None = None, is_rectified: bool = False
) -> tuple[Tensor, Array, Array]:
    """Standardise each channel over the batch, and answer with the mean and variance used (Ioffe and Szegedy 2015).

    `x (n, *space, channels)`, `w` and `b (channels)`. Mean and variance (channels) are plain arrays, for a layer's
    running averages; the variance is that of the batch, divided by the number of values. `more`, of the shape of `x`,
    is added to the answer, and with `is_rectified` the larger of that and 0 taken, all in one op.

    Raises:
        ShapeError: they do not fit, or a channel holds fewer than two values.
    """
    epsilon = _need_epsilon("batch_norm", epsilon)
    _check_channels("batch_norm", x, (w, b), more=more)
    if math.prod(x.shape[:-1]) < 2:
        raise ShapeError(f"batch_norm: x {x.shape} holds fewer than two values per channel to take a variance of")
    moments = backend_of(x, w, b).channel_moments(x.data, epsilon=epsilon)
    y = _normalized("batch_norm", x, (w, b), moments=moments, more=more, is_rectified=is_rectified)
    return y, moments.mean, moments.variance


def batch_norm_fixed(
    x: Tensor,
    w: Tensor,
    b: Tensor,
    *,
    mean: Array,
    variance: Array,
    epsilon: float = 1e-5,
    more: Tensor | None = None,
    is_rectified: bool = False,
) -> Tensor:
    """Batch normalisation outside training, with the mean and variance (channels) that training averaged.

    Raises:
        ShapeError: they do not fit.
    """
    epsilon = _need_epsilon("batch_norm_fixed", epsilon)
    _check_channels("batch_norm_fixed", x, (w, b), more=more)
    if mean.shape != w.shape or variance.shape != w.shape:
        raise ShapeError(f"batch_norm_fixed: mean {mean.shape}, variance {variance.shape}; needed is {w.shape}")
    mean, variance = beside(x.data, mean), beside(x.data, variance)
    scale = (1 / backend_of(x, w, b).xp.sqrt(variance + epsilon)).astype(x.dtype, copy=False)
    # A copy, for a layer moves its average in place, and backward may come after that.
    moments = ChannelMoments(mean.astype(x.dtype), variance, scale)
    return _normalized(
        "batch_norm_fixed", x, (w, b), moments=moments, more=more, is_rectified=is_rectified, is_fixed=True
    )


def group_norm(x: Tensor, w: Tensor, b: Tensor, *, groups: int, epsilon: float = 1e-5) -> Tensor:
    """Standardise each sample over space and groups of neighbouring channels (Wu and He 2018).

    `x (n, *space, channels)`, `w` and `b (channels)`.

    Raises:
        ShapeError: they do not fit.
        ArgumentError: the groups do not divide the channels.
    """
    epsilon = _need_epsilon("group_norm", epsilon)
    _check_channels("group_norm", x, (w, b))
    channels = x.shape[-1]
    if groups < 1 or channels % groups:
        raise ArgumentError(f"group_norm: {groups} groups do not divide {channels} channels")
    backend, shape = backend_of(x, w, b), (x.shape[0], math.prod(x.shape[1:-1]), channels)
    saved = backend.normalize_groups(x.data.reshape(shape), w.data, b.data, groups=groups, epsilon=epsilon)

    def vjp(g: Array) -> Gradients:
        dx, dw, db = backend.normalize_groups_vjp(g.reshape(shape), saved, w.data, groups=groups)
        return dx.reshape(x.shape), dw, db

    return record(saved.y.reshape(x.shape), (x, w, b), vjp)


def rms_norm(x: Tensor, w: Tensor, *, epsilon: float = 1e-6) -> Tensor:
    """Divide each sample by the root of its mean square over the last axis (Zhang and Sennrich 2019).

    `x (..., features)`, `w (features)`.

    Raises:
        ShapeError: they do not fit.
    """
    epsilon = _need_epsilon("rms_norm", epsilon)
    need_same_dtype("rms_norm", x=x, w=w)
    if w.ndim != 1 or not x.ndim or x.shape[-1:] != w.shape or not w.size:
        raise ShapeError(f"rms_norm: x {x.shape}, w {w.shape}; needed are x (..., features), w (features)")
    backend, rows = backend_of(x, w), (x.size // w.size, w.size)
    saved = backend.normalize_rows(x.data.reshape(rows), w.data, None, epsilon=epsilon, is_centred=False)

    def vjp(g: Array) -> Gradients:
        dx, dw, _ = backend.normalize_rows_vjp(g.reshape(rows), saved, w.data, is_centred=False)
        return dx.reshape(x.shape), dw

    return record(saved.y.reshape(x.shape), (x, w), vjp)


def _need_epsilon(op: str, epsilon: float) -> float:
    """Epsilon as a Python number; below 0 it would make a NaN of a small variance, at 0 of none."""
    if not 0 < epsilon < math.inf:
        raise ArgumentError(f"{op}: epsilon is {epsilon}, it must be a number above 0, such as 1e-5")
    return float(epsilon)


def _normalized(
    op: str,
    x: Tensor,
    affine: tuple[Tensor, Tensor],
    *,
    moments: ChannelMoments,
    more: Tensor | None,
    is_rectified: bool,
    is_fixed: bool = False,
) -> Tensor:
    (w, b), backend = affine, backend_of(x, *affine)
    added = None if more is None else more.data
    y = backend.normalize_channels(x.data, (w.data, b.data), moments, more=added, is_rectified=is_rectified)
    operands = ChannelOperands(x.data, w.data, moments, y if is_rectified else None)

    def vjp(g: Array) -> Gradients:
        needs_more = more is not None and more.requires_grad
        gradients = backend.normalize_channels_vjp(g, operands, is_fixed=is_fixed, needs_more=needs_more)
        return gradients[:3] if more is None else gradients

    return record(y, (x, w, b) if more is None else (x, w, b, more), vjp, name=op)


def _check_channels(op: str, x: Tensor, affine: tuple[Tensor, Tensor], *, more: Tensor | None = None) -> None:
    w, b = affine
    need_same_dtype(op, x=x, w=w, b=b, **({} if more is None else {"more": more}))
    if more is not None and more.shape != x.shape:
        raise ShapeError(f"{op}: more {more.shape}; needed is the shape of x {x.shape}")
    if x.ndim < 2 or w.ndim != 1 or w.shape != b.shape or x.shape[-1:] != w.shape or not x.size:
        raise ShapeError(
            f"{op}: x {x.shape}, w {w.shape}, b {b.shape}; needed are x (n, *space, channels), w = b (channels)"
        )
