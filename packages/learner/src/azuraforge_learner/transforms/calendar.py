"""Calendar features: where a date lies in its week or year, as a point on a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

MONTHS: Final = 12
DAYS_IN_YEAR: Final = 365.25
TRADING_WEEK: Final = 5
FULL_WEEK: Final = 7


@dataclass(frozen=True)
class CalendarFeatures:
    """Sine and cosine of each kind over its period; `week_days` is the length of the data's own week.

    On a circle Friday stands beside the next Monday only if the circle has as many days as the week has: five where
    an exchange closes at weekends, seven otherwise.
    """

    kinds: tuple[str, ...]
    week_days: int

    @classmethod
    def fit(cls, dates: NDArray[np.datetime64], *, kinds: Sequence[str]) -> Self:
        """Find the week's length in `dates` of the training part."""
        has_weekend = bool((weekday(dates) >= TRADING_WEEK).any())
        return cls(kinds=tuple(kinds), week_days=FULL_WEEK if has_weekend else TRADING_WEEK)

    def names(self) -> list[str]:
        """One name per column that `apply` gives."""
        return [f"{kind}_{function}" for kind in self.kinds for function in ("sin", "cos")]

    def apply(self, dates: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """Columns `(rows, 2 * kinds)` of sines and cosines."""
        columns = []
        for kind in self.kinds:
            angle = 2 * np.pi * self._turns(dates, kind)
            columns += [np.sin(angle), np.cos(angle)]
        return np.stack(columns, axis=1) if columns else np.empty((len(dates), 0))

    def to_dict(self) -> dict[str, Any]:
        """The features as JSON-able data."""
        return {"kind": "calendar", "kinds": list(self.kinds), "week_days": self.week_days}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The features that `to_dict` described."""
        return cls(kinds=tuple(document["kinds"]), week_days=int(document["week_days"]))

    def _turns(self, dates: NDArray[np.datetime64], kind: str) -> NDArray[np.float64]:
        """How much of its period each date has behind it."""
        days = dates.astype("datetime64[D]")
        if kind == "day_of_week":
            # A rare weekend session in a five-day week counts as its Friday, not as the next Monday.
            passed, period = np.minimum(weekday(dates), self.week_days - 1), float(self.week_days)
        elif kind == "month":
            passed, period = days.astype("datetime64[M]").astype(np.int64) % MONTHS, float(MONTHS)
        elif kind == "day_of_year":
            passed, period = (days - days.astype("datetime64[Y]")).astype(np.int64), DAYS_IN_YEAR
        else:
            raise ValueError(f"unknown calendar feature {kind!r}; known are day_of_week, month, day_of_year")
        return passed.astype(np.float64) / period


def weekday(dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Monday 0 to Sunday 6."""
    days = dates.astype("datetime64[D]").astype(np.int64)
    number: NDArray[np.int64] = (days + 3) % FULL_WEEK  # day 0, 1970-01-01, was a Thursday
    return number
