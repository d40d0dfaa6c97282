"""BestCheckpoint: a checkpoint after every epoch, the best one marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from azuraforge_core import Array
from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.callbacks.monitor import Monitor
from azuraforge_learner.checkpoints import CheckpointInfo, CheckpointStore
from azuraforge_learner.training import Training


class BestCheckpoint(Callback):
    """Saves into `store` after every epoch; the store keeps the last ones and the best.

    `on_saved` hears of every checkpoint once it is complete on disk.
    """

    order: ClassVar = CallOrder.WRITE

    def __init__(
        self,
        store: CheckpointStore,
        *,
        metric: str | None = None,
        min_delta: float = 0.0,
        is_higher_better: bool = False,
        on_saved: Callable[[CheckpointInfo], None] | None = None,
    ) -> None:
        self.store = store
        self.monitor = Monitor(metric, min_delta=min_delta, is_higher_better=is_higher_better)
        self._on_saved = on_saved

    def on_epoch_end(self, training: Training) -> None:
        """Save, and tell."""
        info = self.store.save(training, is_best=self.monitor.observe(training))
        if self._on_saved is not None:
            self._on_saved(info)

    def state(self) -> dict[str, Any]:
        """Best value and epoch."""
        return self.monitor.state()

    def load_state(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Take them back."""
        del arrays
        self.monitor.load_state(state)
