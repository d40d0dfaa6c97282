"""Naive answers that a model has to beat on the same split."""

from azuraforge_learner.baselines.naive import NAIVE_BASELINES, Baseline, drift, last_value

__all__ = ["NAIVE_BASELINES", "Baseline", "drift", "last_value"]
