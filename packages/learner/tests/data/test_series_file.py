"""A series comes back from bytes as it was, to the last bit."""

from typing import Any

import numpy as np
import pytest

from azuraforge_learner.data import TimeSeries, pack_series, unpack_series


@pytest.mark.parametrize("unit", ["s", "D"])
@pytest.mark.parametrize("columns", [{}, {"Volume": np.array([1e300, -0.0, 5e-324]), "a/b: ç": np.zeros(3)}])
def test_a_series_survives_the_round_trip(unit: Any, columns: dict[str, Any]) -> None:
    dates = np.array(["2024-01-01", "2024-01-02", "2024-01-05"], dtype=f"datetime64[{unit}]")
    note = {"tr": "Sıralandı.", "en": "Sorted."}
    series = TimeSeries(dates, np.array([0.1, 1 / 3, 7e-310]), "Kapanış", "yahoo", "TL", columns, (note,))

    again = unpack_series(pack_series(series))

    assert again.sha256() == series.sha256()
    assert again.dates.dtype == series.dates.dtype
    assert (again.target_name, again.source, again.unit, again.notes) == ("Kapanış", "yahoo", "TL", (note,))
    assert list(again.columns) == list(columns)
    assert pack_series(again) == pack_series(series)
