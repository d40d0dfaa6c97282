"""Whether a model beats a baseline is said only when chance does not explain it."""

import numpy as np
import pytest

from azuraforge_learner.metrics import Outcome, compare, skill_score

RNG = np.random.default_rng(7)
NAIVE = RNG.normal(0, 1.0, size=300)


def test_skill_is_one_minus_the_ratio() -> None:
    assert skill_score(0.5, 2.0) == pytest.approx(0.75)
    assert skill_score(3.0, 2.0) == pytest.approx(-0.5)


def test_skill_beside_a_perfect_baseline_is_undefined() -> None:
    assert skill_score(0.1, 0.0) is None


def test_clearly_smaller_errors_beat() -> None:
    found = compare(NAIVE * 0.7, NAIVE, seed=1)
    assert found.outcome is Outcome.BEATS
    assert found.skill == pytest.approx(0.3)
    assert found.low is not None
    assert found.low > 0


def test_clearly_larger_errors_lose() -> None:
    assert compare(NAIVE * 1.3, NAIVE, seed=1).outcome is Outcome.LOSES


@pytest.mark.parametrize("seed", range(20))
def test_independent_errors_of_equal_size_mostly_equal(seed: int) -> None:
    rng = np.random.default_rng([3, seed])
    found = compare(rng.normal(size=300), rng.normal(size=300), seed=0)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.high
    assert found.outcome is Outcome.EQUALS or abs(found.skill or 0) > 0.05


def test_false_wins_are_rare() -> None:
    wins = 0
    for seed in range(200):
        rng = np.random.default_rng([11, seed])
        wins += compare(rng.normal(size=150), rng.normal(size=150), seed=0, draws=400).outcome is Outcome.BEATS
    assert wins <= 14  # 2.5 % are expected, 5; beyond 14 lies a chance of less than one in a thousand


def test_a_tiny_gain_is_not_called_a_win() -> None:
    found = compare(NAIVE + RNG.normal(0, 0.2, size=300), NAIVE, seed=1)
    assert found.outcome is not Outcome.BEATS


def test_equal_errors_are_equal() -> None:
    found = compare(NAIVE, NAIVE, seed=1)
    assert found.outcome is Outcome.EQUALS
    assert found.skill == 0.0


def test_a_perfect_baseline_is_not_beaten() -> None:
    assert compare(np.full(10, 0.1), np.zeros(10), seed=1).outcome is Outcome.LOSES
    assert compare(np.zeros(10), np.zeros(10), seed=1).outcome is Outcome.EQUALS


def test_the_interval_is_the_same_for_the_same_seed() -> None:
    assert compare(NAIVE * 0.9, NAIVE, seed=5) == compare(NAIVE * 0.9, NAIVE, seed=5)


def test_one_sample_gives_no_false_certainty() -> None:
    assert compare(np.array([1.0]), np.array([1.0]), seed=0).outcome is Outcome.EQUALS
