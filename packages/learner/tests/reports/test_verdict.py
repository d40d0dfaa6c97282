"""The verdict sentence is honest in every case and complete in both languages."""

import numpy as np
import pytest

from azuraforge_learner.metrics import Comparison, Outcome, compare
from azuraforge_learner.reports import verdict_sentence

BASELINE = {"tr": "Son değer", "en": "Last value"}


def sentence(comparison: Comparison, error: float = 1.0, baseline_error: float = 2.0) -> dict[str, str]:
    return verdict_sentence(comparison, error=error, baseline_error=baseline_error, baseline=BASELINE, unit="USD")


def test_a_win_is_called_a_win_with_its_size() -> None:
    words = sentence(Comparison(Outcome.BEATS, 0.5, 0.4, 0.6))
    assert words["en"].startswith("The model beats the best naive answer")
    assert "50.0 % smaller" in words["en"]
    assert words["tr"].startswith("Model en iyi saf yöntemi geçiyor")
    assert "%50,0 daha küçük" in words["tr"]


def test_a_loss_is_called_a_loss_and_the_naive_answer_recommended() -> None:
    words = sentence(Comparison(Outcome.LOSES, -0.25, -0.3, -0.2), error=2.5)
    assert words["en"].startswith("The model does not beat the best naive answer")
    assert "25.0 % larger" in words["en"]
    assert "geçemiyor" in words["tr"]


@pytest.mark.parametrize("skill", [0.02, -0.02, 0.0])
def test_a_difference_within_chance_is_neither(skill: float) -> None:
    words = sentence(Comparison(Outcome.EQUALS, skill, -0.1, 0.1))
    assert words["en"].startswith("The model equals the best naive answer")
    assert "within chance" in words["en"]
    assert "denk" in words["tr"]
    assert not any(word in words["en"] for word in ("beats", "smaller", "larger"))


def test_where_nothing_moves_there_is_nothing_to_learn() -> None:
    words = sentence(compare(np.zeros(9), np.zeros(9), seed=0), error=0.0, baseline_error=0.0)
    assert "nothing to learn" in words["en"]
    assert "öğrenilecek bir şey yok" in words["tr"]


def test_a_perfect_baseline_is_not_beaten() -> None:
    words = sentence(compare(np.ones(9), np.zeros(9), seed=0), baseline_error=0.0)
    assert "does not beat" in words["en"]
    assert "geçemiyor" in words["tr"]


def test_numbers_carry_the_unit() -> None:
    words = sentence(Comparison(Outcome.BEATS, 0.5, 0.4, 0.6), error=15.22)
    assert "15.22 USD" in words["en"]
    assert "15,22 USD" in words["tr"]
