"""Naive forecasts that need no training: what a model has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Baseline:
    """A forecast from the past alone: `predict(levels, origins, horizon)` gives one level per origin."""

    name: str
    title: Mapping[str, str]
    predict: Callable[[Values, Rows, int], Values]


def last_value(levels: Values, origins: Rows, horizon: int) -> Values:
    """The last known level, whatever the horizon (the random-walk forecast)."""
    del horizon
    return levels[origins]


def drift(levels: Values, origins: Rows, horizon: int) -> Values:
    """The last known level, moved on by the mean step since the beginning (Hyndman & Athanasopoulos, 5.2)."""
    steps = np.maximum(origins, 1)
    forecast: Values = levels[origins] + horizon * (levels[origins] - levels[0]) / steps
    return forecast


NAIVE_BASELINES: Final = (
    Baseline("last_value", {"tr": "Son değer", "en": "Last value"}, last_value),
    Baseline("drift", {"tr": "Sürüklenme", "en": "Drift"}, drift),
)
