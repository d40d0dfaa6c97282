"""Calendar features: neighbours in time are neighbours on the circle, with the period of the data itself."""

import numpy as np
import pytest

from azuraforge_learner.transforms import CalendarFeatures

WEEKDAYS = np.array([d for d in np.arange("2024-01-01", "2026-01-01", dtype="datetime64[D]") if np.is_busday(d)])
EVERY_DAY = np.arange("2024-01-01", "2026-01-01", dtype="datetime64[D]")


def distance(features: CalendarFeatures, first: str, second: str) -> float:
    points = features.apply(np.array([first, second], dtype="datetime64[s]"))
    return float(np.linalg.norm(points[0] - points[1]))


def fitted(dates: np.ndarray, kind: str) -> CalendarFeatures:
    return CalendarFeatures.fit(dates.astype("datetime64[s]"), kinds=[kind])


def test_in_a_trading_week_friday_stands_beside_monday() -> None:
    features = fitted(WEEKDAYS, "day_of_week")
    assert features.week_days == 5
    assert distance(features, "2024-03-01", "2024-03-04") == pytest.approx(
        distance(features, "2024-03-04", "2024-03-05")
    )


def test_a_seven_day_circle_on_a_trading_week_would_tear_friday_from_monday() -> None:
    planted = CalendarFeatures(kinds=("day_of_week",), week_days=7)
    assert distance(planted, "2024-03-01", "2024-03-04") > 1.5 * distance(planted, "2024-03-04", "2024-03-05")


def test_a_series_with_weekends_has_seven_days() -> None:
    features = fitted(EVERY_DAY, "day_of_week")
    assert features.week_days == 7
    assert distance(features, "2024-03-03", "2024-03-04") == pytest.approx(
        distance(features, "2024-03-04", "2024-03-05")
    )


def test_a_rare_weekend_session_counts_as_friday() -> None:
    assert distance(fitted(WEEKDAYS, "day_of_week"), "2024-03-01", "2024-03-02") == 0.0


def test_december_stands_beside_january() -> None:
    features = fitted(EVERY_DAY, "month")
    assert distance(features, "2024-12-15", "2025-01-15") == pytest.approx(
        distance(features, "2025-01-15", "2025-02-15")
    )


@pytest.mark.parametrize("new_year", ["2024-12-31", "2025-12-31", "1999-12-31"])
def test_the_last_day_of_any_year_stands_beside_the_first(new_year: str) -> None:
    features = fitted(EVERY_DAY, "day_of_year")
    next_day = str(np.datetime64(new_year) + 1)
    assert 0.2 < distance(features, new_year, next_day) / distance(features, "2025-06-01", "2025-06-02") < 1.3


def test_days_before_1970_have_the_right_weekday_and_month() -> None:
    features = fitted(WEEKDAYS, "day_of_week")
    assert distance(features, "1969-12-29", "2024-01-01") == pytest.approx(0.0)  # both Mondays
    assert distance(fitted(EVERY_DAY, "month"), "1969-12-29", "2024-12-01") == pytest.approx(0.0)


def test_names_and_columns_agree() -> None:
    features = CalendarFeatures.fit(EVERY_DAY, kinds=["day_of_week", "month", "day_of_year"])
    assert features.apply(EVERY_DAY).shape == (len(EVERY_DAY), len(features.names()))
    assert features.names()[:2] == ["day_of_week_sin", "day_of_week_cos"]


def test_no_kind_gives_no_column() -> None:
    assert CalendarFeatures.fit(EVERY_DAY, kinds=[]).apply(EVERY_DAY).shape == (len(EVERY_DAY), 0)


def test_the_features_survive_their_document() -> None:
    features = CalendarFeatures.fit(WEEKDAYS, kinds=["month"])
    assert CalendarFeatures.from_dict(features.to_dict()) == features


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="day_of_week, month, day_of_year"):
        CalendarFeatures(kinds=("moon",), week_days=7).apply(EVERY_DAY)
