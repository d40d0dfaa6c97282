"""How far predictions are from what happened. A metric that is not defined for its data is NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def mae(actual: Values, predicted: Values) -> float:
    """Mean absolute error, in the target's unit."""
    return float(np.mean(np.abs(_errors(actual, predicted))))


def rmse(actual: Values, predicted: Values) -> float:
    """Root of the mean squared error, in the target's unit."""
    return float(np.sqrt(np.mean(_errors(actual, predicted) ** 2)))


def r2(actual: Values, predicted: Values) -> float:
    """Share of the variance explained; NaN where the actual values do not vary."""
    errors = _errors(actual, predicted)
    spread = float(np.sum((actual - actual.mean()) ** 2))
    if np.ptp(actual) == 0:
        return float("nan")
    return 1.0 - float(np.sum(errors**2)) / spread


def direction_accuracy(actual: Values, predicted: Values, *, previous: Values) -> float:
    """Share of the real moves away from `previous` whose direction was predicted.

    A prediction of "no move" is no hit; NaN where nothing moved, or where no prediction names a direction at all.
    """
    _errors(actual, predicted)
    moved = np.sign(actual - previous)
    named = np.sign(predicted - previous)
    if not moved.any() or not named.any():
        return float("nan")
    return float(np.mean((moved == named)[moved != 0]))


def regression_metrics(actual: Values, predicted: Values, *, previous: Values) -> dict[str, float]:
    """All of them by name."""
    return {
        "mae": mae(actual, predicted),
        "rmse": rmse(actual, predicted),
        "r2": r2(actual, predicted),
        "direction_accuracy": direction_accuracy(actual, predicted, previous=previous),
    }


def _errors(actual: Values, predicted: Values) -> Values:
    if actual.shape != predicted.shape or actual.ndim != 1 or not len(actual):
        raise ValueError(f"metrics need two equal rows of values, not shapes {actual.shape} and {predicted.shape}")
    return predicted - actual
