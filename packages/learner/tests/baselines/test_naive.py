"""Baselines beside their formulas, and blind to the future."""

import numpy as np
import pytest

from azuraforge_learner.baselines import NAIVE_BASELINES, Baseline, drift, last_value

LEVELS = np.array([10.0, 12.0, 11.0, 16.0, 14.0, 20.0])
ORIGINS = np.array([2, 3, 4])


def test_last_value_repeats_whatever_the_horizon() -> None:
    np.testing.assert_array_equal(last_value(LEVELS, ORIGINS, 3), [11.0, 16.0, 14.0])


def test_drift_moves_on_by_the_mean_step() -> None:
    expected = [11.0 + 2 * (11.0 - 10.0) / 2, 16.0 + 2 * (16.0 - 10.0) / 3, 14.0 + 2 * (14.0 - 10.0) / 4]
    np.testing.assert_allclose(drift(LEVELS, ORIGINS, 2), expected)


@pytest.mark.parametrize("baseline", NAIVE_BASELINES, ids=lambda baseline: baseline.name)
def test_no_baseline_sees_the_future(baseline: Baseline) -> None:
    changed = LEVELS.copy()
    changed[4:] = 1e6
    origins = np.array([2, 3])
    np.testing.assert_array_equal(baseline.predict(LEVELS, origins, 1), baseline.predict(changed, origins, 1))


@pytest.mark.parametrize("baseline", NAIVE_BASELINES, ids=lambda baseline: baseline.name)
def test_each_baseline_has_a_title_in_both_languages(baseline: Baseline) -> None:
    assert baseline.title["tr"]
    assert baseline.title["en"]


def test_drift_at_the_first_row_has_no_step_and_repeats() -> None:
    np.testing.assert_array_equal(drift(LEVELS, np.array([0]), 1), [10.0])
