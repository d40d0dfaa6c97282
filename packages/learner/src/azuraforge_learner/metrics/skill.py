"""Whether a model is better than a naive answer, and whether the difference is more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Outcome(StrEnum):
    """How a model stands beside the best baseline."""

    BEATS = "beats"
    EQUALS = "equals"
    LOSES = "loses"


@dataclass(frozen=True)
class Comparison:
    """Model against baseline on the same samples; `skill` is 1 - rmse / baseline rmse, None where that is undefined."""

    outcome: Outcome
    skill: float | None
    low: float | None = None
    high: float | None = None
    """The 95 % interval of the skill."""


def skill_score(error: float, baseline_error: float) -> float | None:
    """1 - error / baseline_error: above 0 the model is better. None where the baseline makes no error at all."""
    if not baseline_error > 0 or not np.isfinite(error):
        return None
    return 1.0 - error / baseline_error


def compare(errors: Values, baseline_errors: Values, *, seed: int, draws: int = 2000) -> Comparison:
    """Compare two rows of errors made on the same samples in time order.

    The interval comes from a paired moving-block bootstrap (Künsch 1989): neighbouring errors resemble each other,
    so whole blocks of about n^(1/3) samples are drawn, the same ones for model and baseline. Only where the whole
    interval lies on one side of 0 does the model beat the baseline or lose to it.
    """
    if errors.shape != baseline_errors.shape or errors.ndim != 1 or not len(errors):
        raise ValueError(f"errors must be two equal rows, not shapes {errors.shape} and {baseline_errors.shape}")
    skill = skill_score(_rms(errors), _rms(baseline_errors))
    if skill is None:
        return Comparison(Outcome.EQUALS if not errors.any() else Outcome.LOSES, None)
    own, naive = _block_means(errors**2, baseline_errors**2, seed=seed, draws=draws)
    if not naive.all():  # a baseline that is exact on whole blocks: no ratio to draw
        return Comparison(Outcome.EQUALS, skill)
    low, high = (float(q) for q in np.quantile(1.0 - np.sqrt(own / naive), [0.025, 0.975]))
    if low > 0:
        return Comparison(Outcome.BEATS, skill, low, high)
    return Comparison(Outcome.LOSES if high < 0 else Outcome.EQUALS, skill, low, high)


def _block_means(first: Values, second: Values, *, seed: int, draws: int) -> tuple[Values, Values]:
    """Means of both rows over the same drawn blocks, `(draws,)` each."""
    rows = len(first)
    length = max(1, round(rows ** (1 / 3)))
    blocks = -(-rows // length)
    starts = np.random.default_rng(seed).integers(0, rows - length + 1, size=(draws, blocks))
    sums = [np.concatenate([[0.0], np.cumsum(row)]) for row in (first, second)]
    own, naive = ((total[starts + length] - total[starts]).sum(axis=1) / (blocks * length) for total in sums)
    return own, naive


def _rms(errors: Values) -> float:
    return float(np.sqrt(np.mean(errors**2)))
