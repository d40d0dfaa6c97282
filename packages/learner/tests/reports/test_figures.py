"""What a figure keeps of a long series."""

from typing import Any

import numpy as np

from azuraforge_learner.reports.figures import MOST_POINTS, _thinned, draw_figures
from azuraforge_learner.reports.words import words_in


def test_a_short_series_is_drawn_whole() -> None:
    at, values = _thinned(np.arange(50.0), first=10)
    np.testing.assert_array_equal(at, np.arange(10, 50))
    np.testing.assert_array_equal(values, np.arange(10.0, 50.0))


def test_a_long_series_keeps_every_peak_in_its_place_and_order() -> None:
    values = np.random.default_rng(1).normal(size=50_000)
    values[31_234], values[40_000] = 99.0, -99.0
    at, kept = _thinned(values, first=0)
    assert len(at) <= MOST_POINTS
    assert (np.diff(at) > 0).all()
    np.testing.assert_array_equal(values[at.astype(int)], kept)
    assert {31_234.0, 40_000.0} <= set(at)


def test_a_dollar_sign_in_a_unit_is_a_dollar_sign(results: dict[str, Any]) -> None:
    results["units"] = {"mae": "$_x$ {", "rmse": "$"}  # matplotlib would read this as mathematics
    *_, errors = draw_figures(results, words=words_in("en"), language="en")
    assert errors.name == "errors"
    assert ">Error ($_x$ {)<" in errors.svg
