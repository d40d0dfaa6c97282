"""Metrics, and skill beside a baseline."""

from azuraforge_learner.metrics.regression import direction_accuracy, mae, r2, regression_metrics, rmse
from azuraforge_learner.metrics.skill import Comparison, Outcome, compare, skill_score

__all__ = [
    "Comparison",
    "Outcome",
    "compare",
    "direction_accuracy",
    "mae",
    "r2",
    "regression_metrics",
    "rmse",
    "skill_score",
]
