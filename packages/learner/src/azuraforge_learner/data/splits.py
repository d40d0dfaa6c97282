"""Cutting windows in time order, with no window that knows what a later part is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from azuraforge_learner.data.errors import TooFewRows
from azuraforge_learner.data.windows import Rows, window_origins

MINIMUM: Final = {"train": 20, "validation": 5, "test": 5}
"""Fewer windows than these say nothing about a model."""


@dataclass(frozen=True)
class TimeSplit:
    """Origins of the windows of each part, ascending.

    The answer of the last training window lies no later than the first validation origin, and the same between
    validation and test: at every origin the model has been fitted to the past alone.
    """

    train: Rows
    validation: Rows
    test: Rows


def split_in_time(rows: int, *, length: int, horizon: int, validation: float, test: float) -> TimeSplit:
    """Split the windows of a series of `rows` rows; `validation` and `test` are shares of the windows.

    Raises:
        TooFewRows: says how many rows this window length, horizon and split need.
    """
    split = _cut(rows, length=length, horizon=horizon, shares=(validation, test))
    if not _is_enough(split):
        needed = rows_needed(length=length, horizon=horizon, validation=validation, test=test, more_than=rows)
        raise TooFewRows(rows=rows, needed=needed)
    return split


def rows_needed(*, length: int, horizon: int, validation: float, test: float, more_than: int = 0) -> int:
    """The smallest series of more than `more_than` rows that gives every part its minimum of windows.

    Shares are rounded to whole windows, so one row more may take a window from a part that had just enough.
    """
    rows = max(length + horizon + sum(MINIMUM.values()) - 1, more_than + 1)
    while not _is_enough(_cut(rows, length=length, horizon=horizon, shares=(validation, test))):
        rows += 1
    return rows


def _cut(rows: int, *, length: int, horizon: int, shares: tuple[float, float]) -> TimeSplit:
    origins = window_origins(rows, length=length, horizon=horizon)
    validation_at = len(origins) - round(len(origins) * shares[0]) - round(len(origins) * shares[1])
    test_at = len(origins) - round(len(origins) * shares[1])
    purged = horizon - 1  # these windows' answers lie inside the next part
    return TimeSplit(
        train=origins[: max(validation_at - purged, 0)],
        validation=origins[validation_at : max(test_at - purged, validation_at)],
        test=origins[test_at:],
    )


def _is_enough(split: TimeSplit) -> bool:
    return all(len(getattr(split, part)) >= minimum for part, minimum in MINIMUM.items())
