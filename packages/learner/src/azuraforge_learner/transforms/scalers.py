"""Scalers over columns: fitted on the training part, stored as data, inverted exactly up to rounding."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Scaler(ABC):
    """Maps each column to (column - center) / scale. `center` and `scale` hold one number per column.

    A column that does not vary gets scale 1, so that it becomes 0 and comes back unchanged.
    """

    kind: ClassVar[str]
    center: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def fit(cls, values: Values) -> Self:
        """Measure `values (rows, columns)`.

        Raises:
            ValueError: no rows, or a value that is not finite.
        """
        if values.ndim != 2 or not len(values):
            raise ValueError(f"a scaler is fitted to at least one row of columns, not to shape {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError("a scaler cannot be fitted to values that are not finite")
        center, scale = cls._measure(values.astype(np.float64))
        scale = np.where(scale > np.finfo(np.float64).tiny, scale, 1.0)
        return cls(center=tuple(center.tolist()), scale=tuple(scale.tolist()))

    @classmethod
    @abstractmethod
    def _measure(cls, values: Values) -> tuple[Values, Values]:
        """Center and scale of every column."""

    def apply(self, values: Values) -> Values:
        """Scaled copy of `values (..., columns)`."""
        scaled: Values = (values - np.array(self.center)) / np.array(self.scale)
        return scaled

    def invert(self, values: Values) -> Values:
        """Back to the original unit: `values (..., columns)`."""
        restored: Values = values * np.array(self.scale) + np.array(self.center)
        return restored

    def to_dict(self) -> dict[str, Any]:
        """The scaler as JSON-able data; floats survive it exactly."""
        return {"kind": self.kind, "center": list(self.center), "scale": list(self.scale)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The scaler that `to_dict` described."""
        return cls(center=tuple(map(float, document["center"])), scale=tuple(map(float, document["scale"])))


@dataclass(frozen=True)
class StandardScaler(Scaler):
    """Mean 0, standard deviation 1."""

    kind: ClassVar[str] = "standard"

    @classmethod
    def _measure(cls, values: Values) -> tuple[Values, Values]:
        # A constant column of 0.1 has a computed deviation of 1e-17: rounding, not spread.
        spread = np.where(np.ptp(values, axis=0) > 0, values.std(axis=0), 0.0)
        return values.mean(axis=0), spread


@dataclass(frozen=True)
class MinMaxScaler(Scaler):
    """Smallest value 0, largest value 1."""

    kind: ClassVar[str] = "min_max"

    @classmethod
    def _measure(cls, values: Values) -> tuple[Values, Values]:
        return values.min(axis=0), np.ptp(values, axis=0)


@dataclass(frozen=True)
class RobustScaler(Scaler):
    """Median 0, distance between the quartiles 1: a few wild values do not move it."""

    kind: ClassVar[str] = "robust"

    @classmethod
    def _measure(cls, values: Values) -> tuple[Values, Values]:
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        return middle, high - low
