"""One series in time: dates, the target and what else is known at each date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TimeSeries:
    """A target over ascending dates, with further columns of the same length."""

    dates: NDArray[np.datetime64]
    target: NDArray[np.float64]
    target_name: str
    source: str
    unit: str = ""
    columns: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    notes: tuple[Mapping[str, str], ...] = ()
    """What was noticed or repaired on the way in: texts by language."""

    def __len__(self) -> int:
        return len(self.dates)

    def sha256(self) -> str:
        """Hash of the dates and values, the same wherever they came from."""
        digest = hashlib.sha256(self.dates.astype("datetime64[s]").astype("<i8").tobytes())
        for name, values in sorted({**self.columns, "": self.target}.items()):
            digest.update(name.encode() + b"\0")
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
        return digest.hexdigest()

    def labels(self) -> list[str]:
        """Each date as people write it; the time only where the series has one."""
        has_time = bool(np.any(self.dates.astype("datetime64[D]") != self.dates))
        return [str(text) for text in np.datetime_as_string(self.dates, unit="m" if has_time else "D")]
