"""Losses: one number to make smaller, the mean over all elements.

Nothing broadcasts here: (32, 1) against (32,) would silently compare every sample with every other.
"""

from __future__ import annotations

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError, ShapeError
from azuraforge_core.ops.operands import need_same_dtype
from azuraforge_core.tape import record
from azuraforge_core.tensor import Tensor, backend_of


def mse(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared error.

    Raises:
        ShapeError: the shapes differ, or there is nothing to average.
    """
    check_pair("mse", prediction, target=target)
    backend = backend_of(prediction, target)
    total, difference = backend.squared_error(prediction.data, target.data)
    scale = 2 / difference.size

    def vjp(g: Array) -> tuple[Array, Array | None]:
        d = backend.squared_error_vjp(difference, factor=g * scale)
        return d, -d if target.requires_grad else None

    return record(total / difference.size, (prediction, target), vjp)


def mae(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error; the gradient where both are equal is 0.

    Raises:
        ShapeError: the shapes differ, or there is nothing to average.
    """
    check_pair("mae", prediction, target=target)
    xp = backend_of(prediction, target).xp
    difference = prediction.data - target.data

    def vjp(g: Array) -> tuple[Array, Array | None]:
        d = xp.sign(difference) * (g / difference.size)
        return d, -d if target.requires_grad else None

    return record(xp.sum(xp.absolute(difference)) / difference.size, (prediction, target), vjp)


def huber(prediction: Tensor, target: Tensor, *, delta: float = 1.0) -> Tensor:
    """½ d² up to |d| = delta and delta (|d| - ½ delta) beyond, averaged (Huber 1964).

    Raises:
        ShapeError: the shapes differ, or there is nothing to average.
        ArgumentError: delta is not above 0.
    """
    check_pair("huber", prediction, target=target)
    if not delta > 0:
        raise ArgumentError(f"huber: delta is {delta}, it must be above 0")
    xp, limit = backend_of(prediction, target).xp, float(delta)
    difference = prediction.data - target.data
    held = xp.clip(difference, -limit, limit)
    losses = held * (difference - 0.5 * held)

    def vjp(g: Array) -> tuple[Array, Array | None]:
        d = held * (g / difference.size)
        return d, -d if target.requires_grad else None

    return record(xp.sum(losses) / difference.size, (prediction, target), vjp)


def check_pair(op: str, prediction: Tensor, *, target: Tensor) -> None:
    """Refuse a prediction and a target that differ in shape or dtype, or are empty.

    Raises:
        ShapeError, DtypeError: with both shapes or dtypes.
    """
    if prediction.shape != target.shape:
        raise ShapeError(
            f"{op}: prediction {prediction.shape} and target {target.shape} must be of one shape: "
            "nothing broadcasts in a loss"
        )
    if not prediction.size:
        raise ShapeError(f"{op}: prediction and target of shape {prediction.shape} hold nothing to average")
    need_same_dtype(op, prediction=prediction, target=target)
