"""Sequence windows over a series: what a sample sees always lies before what it answers."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
Number = TypeVar("Number", bound=np.floating[Any])


def window_origins(rows: int, *, length: int, horizon: int) -> Rows:
    """Row numbers of the last row that each window sees: `length` rows end there, the answer is `horizon` later."""
    return np.arange(length - 1, rows - horizon, dtype=np.intp)


def windows_at(features: NDArray[Number], origins: Rows, *, length: int) -> NDArray[Number]:
    """Windows `(n, length, columns)` of `features (rows, columns)` that end in the rows `origins`."""
    if len(origins) and (origins.min() < length - 1 or origins.max() >= len(features)):
        raise IndexError(f"windows of {length} rows cannot end in rows {origins.min()}..{origins.max()}")
    steps = np.arange(1 - length, 1)
    windows: NDArray[Number] = features[origins[:, None] + steps]
    return windows
