"""EarlyStopping: ends a training that no longer improves, with the weights of its best epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from azuraforge_core import Array
from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.callbacks.monitor import Monitor
from azuraforge_learner.errors import LearnerError
from azuraforge_learner.training import Training


class EarlyStopping(Callback):
    """Finishes after `patience` epochs without an improvement of more than `min_delta`.

    The best epoch's weights are put back when the training is finished, also when it used all its epochs; not after a
    stop, which must leave the weights as they are for the checkpoint.
    """

    order: ClassVar = CallOrder.OBSERVE

    def __init__(
        self,
        patience: int,
        *,
        min_delta: float = 0.0,
        metric: str | None = None,
        is_higher_better: bool = False,
        is_restoring: bool = True,
    ) -> None:
        if patience < 1:
            raise LearnerError(f"patience must be at least one epoch, not {patience}")
        self.patience = patience
        self.is_restoring = is_restoring
        self.monitor = Monitor(metric, min_delta=min_delta, is_higher_better=is_higher_better)
        self.epochs_without_gain = 0
        self._best_arrays: dict[str, Array] = {}

    @property
    def best_epoch(self) -> int | None:
        """Epoch of the best value so far."""
        return self.monitor.best_epoch

    def on_epoch_end(self, training: Training) -> None:
        """Compare, remember, and say when it is enough."""
        if self.monitor.observe(training):
            self.epochs_without_gain = 0
            if self.is_restoring:
                self._best_arrays = {name: array.copy() for name, array in training.model.arrays().items()}
            return
        self.epochs_without_gain += 1
        if self.epochs_without_gain >= self.patience:
            training.finish("early_stopping")

    def on_train_end(self, training: Training) -> None:
        """Put the best weights back."""
        if training.is_finished and self._best_arrays:
            training.model.load_arrays(self._best_arrays)

    def state(self) -> dict[str, Any]:
        """Best value and patience used."""
        return self.monitor.state() | {"epochs_without_gain": self.epochs_without_gain}

    def arrays(self) -> dict[str, Array]:
        """The best weights so far."""
        return self._best_arrays

    def load_state(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Take both back."""
        self.monitor.load_state(state)
        self.epochs_without_gain = int(state["epochs_without_gain"])
        self._best_arrays = dict(arrays)
