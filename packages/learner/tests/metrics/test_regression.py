"""Metrics beside plain formulas written as sums, over random and extreme cases."""

import math

import numpy as np
import pytest

from azuraforge_learner.metrics import direction_accuracy, mae, r2, regression_metrics, rmse


def plain(actual: list[float], predicted: list[float]) -> tuple[float, float, float]:
    n = len(actual)
    errors = [p - a for a, p in zip(actual, predicted, strict=True)]
    mean = math.fsum(actual) / n
    spread = math.fsum((a - mean) ** 2 for a in actual)
    squares = math.fsum(e * e for e in errors)
    return math.fsum(map(abs, errors)) / n, math.sqrt(squares / n), 1 - squares / spread


@pytest.mark.parametrize("seed", range(100))
def test_metrics_equal_plain_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    actual = rng.normal(rng.uniform(-100, 100), rng.uniform(0.1, 50), size=rng.integers(2, 300))
    predicted = actual + rng.normal(0, rng.uniform(0.01, 20), size=len(actual))
    expected = plain(actual.tolist(), predicted.tolist())
    assert (mae(actual, predicted), rmse(actual, predicted), r2(actual, predicted)) == pytest.approx(expected)


def test_perfect_predictions() -> None:
    actual = np.array([1.0, 4.0, 2.0])
    values = regression_metrics(actual, actual, previous=np.array([0.0, 1.0, 4.0]))
    assert values == {"mae": 0.0, "rmse": 0.0, "r2": 1.0, "direction_accuracy": 1.0}


def test_r2_of_the_mean_is_zero_and_of_worse_is_negative() -> None:
    actual = np.array([1.0, 2.0, 3.0])
    assert r2(actual, np.full(3, 2.0)) == pytest.approx(0.0)
    assert r2(actual, np.array([3.0, 2.0, 1.0])) < 0


def test_r2_is_undefined_where_nothing_varies() -> None:
    assert math.isnan(r2(np.full(4, 0.1), np.array([0.1, 0.2, 0.1, 0.0])))


def test_direction_counts_real_moves_only() -> None:
    previous = np.array([10.0, 10.0, 10.0, 10.0])
    actual = np.array([11.0, 9.0, 10.0, 12.0])
    predicted = np.array([10.5, 10.5, 10.5, 10.0])
    # one rise named, one fall missed, no move not counted, one rise for which "no move" was predicted
    assert direction_accuracy(actual, predicted, previous=previous) == pytest.approx(1 / 3)


def test_direction_is_undefined_for_a_method_that_names_none_and_where_nothing_moves() -> None:
    previous = np.array([1.0, 2.0])
    assert math.isnan(direction_accuracy(np.array([2.0, 1.0]), previous, previous=previous))
    assert math.isnan(direction_accuracy(previous, np.array([2.0, 1.0]), previous=previous))


@pytest.mark.parametrize("shapes", [((3,), (2,)), ((3, 1), (3,)), ((0,), (0,))])
def test_rows_that_do_not_fit_are_refused_instead_of_broadcast(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="shapes"):
        mae(np.zeros(shapes[0]), np.zeros(shapes[1]))
