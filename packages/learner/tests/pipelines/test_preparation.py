"""From series to windows: exact ways back, and nothing that trains knows the future."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from azuraforge_learner.data import TimeSeries, TooFewRows
from azuraforge_learner.pipelines import DataRefused
from azuraforge_learner.pipelines.preparation import PreparedSeries
from azuraforge_learner.transforms import CalendarFeatures, scaler_from_dict, target_transform

Make = Callable[..., Any]


@pytest.mark.parametrize("transform", ["log_return", "difference", "log", "none"])
@pytest.mark.parametrize("horizon", [1, 4])
def test_true_targets_become_the_true_levels_again(
    make: Make, series: TimeSeries, transform: str, horizon: int
) -> None:
    prepared = make(window={"transform": transform, "horizon": horizon}).prepare(series)
    for part in (prepared.train, prepared.validation, prepared.test):
        np.testing.assert_allclose(prepared.restore(part, part.targets), prepared.actual(part), rtol=1e-5)


def test_the_answers_are_the_levels_one_horizon_after_the_last_row_seen(make: Make, series: TimeSeries) -> None:
    prepared = make(window={"horizon": 3}).prepare(series)
    first = prepared.test.origins[0]
    assert prepared.actual(prepared.test)[0] == series.target[first + 3]
    assert prepared.previous(prepared.test)[0] == series.target[first]
    assert prepared.dates(prepared.test)[0] == series.labels()[first + 3]


def test_every_window_ends_with_its_origin_row(prepared: PreparedSeries, series: TimeSeries) -> None:
    place = prepared.feature_names.index("extra")
    scaled = (series.columns["Extra"] - prepared.feature_scaler.center[place]) / prepared.feature_scaler.scale[place]
    np.testing.assert_allclose(prepared.train.inputs[:, -1, place], scaled[prepared.train.origins], rtol=1e-5)


def test_scalers_are_fitted_to_the_training_part_alone(make: Make, series: TimeSeries) -> None:
    prepared = make().prepare(series)
    rows_after = np.arange(len(series)) > prepared.train.origins[-1] + prepared.horizon
    wild = replace(
        series,
        target=np.where(rows_after, 1e6, series.target),
        columns={"Extra": np.where(rows_after, -1e6, series.columns["Extra"])},
    )
    other = make().prepare(wild)
    assert other.feature_scaler == prepared.feature_scaler
    assert other.target_scaler == prepared.target_scaler
    np.testing.assert_array_equal(other.train.inputs, prepared.train.inputs)


def test_the_week_is_measured_in_the_training_part(make: Make, series: TimeSeries) -> None:
    assert make().prepare(series).calendar.week_days == 5


def test_everything_that_a_prediction_needs_survives_json(prepared: PreparedSeries) -> None:
    document = json.loads(json.dumps(prepared.to_dict(), allow_nan=False))
    assert scaler_from_dict(document["feature_scaler"]) == prepared.feature_scaler
    assert scaler_from_dict(document["target_scaler"]) == prepared.target_scaler
    assert target_transform(document["target_transform"]) == prepared.transform
    assert CalendarFeatures.from_dict(document["calendar"]) == prepared.calendar
    assert tuple(document["features"]) == prepared.feature_names
    assert (document["length"], document["horizon"]) == (prepared.length, prepared.horizon)


def test_a_logarithm_of_zero_is_refused_with_its_date(make: Make, series: TimeSeries) -> None:
    target = series.target.copy()
    target[3] = 0.0
    with pytest.raises(DataRefused, match=r"Level is 0 on 2020-01-06") as raised:
        make(window={"transform": "log_return"}).prepare(replace(series, target=target))
    assert raised.value.pointer == "/window/transform"


def test_values_that_leave_every_scale_are_refused(make: Make, series: TimeSeries) -> None:
    extra = np.where(np.arange(len(series)) < 130, 1e-60 * series.columns["Extra"], 1e15)
    with pytest.raises(DataRefused, match="too far outside"):
        make().prepare(replace(series, columns={"Extra": extra}))


def test_too_few_rows_say_how_many_are_needed(make: Make, series: TimeSeries) -> None:
    short = replace(series, dates=series.dates[:30], target=series.target[:30], columns={"Extra": np.zeros(30)})
    with pytest.raises(TooFewRows, match=r"has 30 rows, but .* at least 39"):
        make().prepare(short)
