"""ReduceOnPlateau: a smaller learning rate where training no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from azuraforge_core import Array
from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.callbacks.monitor import Monitor
from azuraforge_learner.errors import LearnerError
from azuraforge_learner.training import Training


class ReduceOnPlateau(Callback):
    """Times `factor` after `patience` epochs in a row without an improvement of more than `min_delta`.

    Never below the share `floor` of each group's first learning rate. It cannot share a training with a schedule,
    which sets the learning rate at every step.
    """

    order: ClassVar = CallOrder.OBSERVE

    def __init__(
        self,
        patience: int,
        *,
        factor: float = 0.1,
        floor: float = 0.0,
        min_delta: float = 0.0,
        metric: str | None = None,
        is_higher_better: bool = False,
    ) -> None:
        if patience < 1:
            raise LearnerError(f"patience must be at least one epoch, not {patience}")
        if not 0 < factor < 1:
            raise LearnerError(f"factor must be above 0 and below 1, not {factor}")
        if not 0 <= floor < 1:
            raise LearnerError(f"floor must be at least 0 and below 1, not {floor}")
        self.patience = patience
        self.factor = factor
        self.floor = floor
        self.monitor = Monitor(metric, min_delta=min_delta, is_higher_better=is_higher_better)
        self.share = 1.0
        """What is left of every group's first learning rate."""
        self.epochs_without_gain = 0

    def on_epoch_end(self, training: Training) -> None:
        """Compare, and reduce when it is time.

        Raises:
            LearnerError: something else changed the learning rate.
        """
        groups = training.optimizer.groups
        if any(group.learning_rate != group.base_learning_rate * self.share for group in groups):
            raise LearnerError("ReduceOnPlateau cannot share a training with a schedule: both set the learning rate")
        if self.monitor.observe(training):
            self.epochs_without_gain = 0
            return
        self.epochs_without_gain += 1
        if self.epochs_without_gain >= self.patience:
            self.epochs_without_gain = 0
            self.share = max(self.share * self.factor, self.floor)
            training.optimizer.scale_learning_rate(self.share)

    def state(self) -> dict[str, Any]:
        """Best value, patience used and the share that is left."""
        return self.monitor.state() | {"epochs_without_gain": self.epochs_without_gain, "share": self.share}

    def load_state(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Take them back; the optimizer's own state holds its learning rates."""
        del arrays
        self.monitor.load_state(state)
        self.epochs_without_gain = int(state["epochs_without_gain"])
        self.share = float(state["share"])
