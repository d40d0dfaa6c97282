"""Numbers as each language writes them."""

import math

import pytest

from azuraforge_learner.reports.numbers import duration, number, percent


@pytest.mark.parametrize(
    ("value", "english", "turkish"),
    [
        (1234567, "1,234,567", "1.234.567"),
        (15.22, "15.22", "15,22"),
        (-0.5, "−0.5000", "−0,5000"),
        (0.94221, "0.9422", "0,9422"),
        (12345.6, "12,346", "12.346"),
        (0.0, "0", "0"),
        (0.00001234, "1.23e−05", "1,23e−05"),
        (None, "–", "–"),
        (math.nan, "–", "–"),
        (math.inf, "–", "–"),
    ],
)
def test_numbers(value: float | None, english: str, turkish: str) -> None:
    assert number(value, language="en") == english
    assert number(value, language="tr") == turkish


def test_percentages() -> None:
    assert percent(0.0321, language="en") == "3.2 %"
    assert percent(-0.0321, language="tr") == "−%3,2"
    assert percent(None, language="en") == "–"


def test_durations() -> None:
    assert duration(12.34, language="en") == "12.3 s"
    assert duration(600, language="tr") == "10,0 dk"
