"""Monitor: notices when a metric is better than ever before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from azuraforge_learner.errors import LearnerError
from azuraforge_learner.training import Training


class Monitor:
    """Watches one metric; None takes `validation_loss`, or `loss` where nothing is validated."""

    def __init__(self, metric: str | None, *, min_delta: float, is_higher_better: bool) -> None:
        if not min_delta >= 0:
            raise LearnerError(f"min_delta must be at least zero, not {min_delta}")
        self.metric = metric
        self.min_delta = min_delta
        self.is_higher_better = is_higher_better
        self.best: float | None = None
        self.best_epoch: int | None = None

    def observe(self, training: Training) -> bool:
        """Whether this epoch is the best so far, by more than `min_delta`; NaN never is.

        Raises:
            LearnerError: the training does not report this metric.
        """
        name = self.metric or ("validation_loss" if "validation_loss" in training.metrics else "loss")
        if name not in training.metrics:
            raise LearnerError(f"there is no metric {name!r} to watch; there are {', '.join(training.metrics)}")
        value = training.metrics[name]
        if not self._is_better(value):
            return False
        self.best = value
        self.best_epoch = training.epoch
        return True

    def state(self) -> dict[str, Any]:
        """Best value and epoch."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take them back."""
        self.best = state["best"]
        self.best_epoch = state["best_epoch"]

    def _is_better(self, value: float) -> bool:
        if not math.isfinite(value):
            return False
        if self.best is None:
            return True
        gain = value - self.best if self.is_higher_better else self.best - value
        return gain > self.min_delta
