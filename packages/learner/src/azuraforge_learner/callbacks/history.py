"""History: every epoch's metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from azuraforge_core import Array
from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.training import Training


class History(Callback):
    """Keeps one row per epoch: `{"epoch": 1, "loss": …, "validation_loss": …}`. The Learner always has one."""

    order: ClassVar = CallOrder.OBSERVE

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def column(self, name: str) -> list[float]:
        """One metric over the epochs; NaN where an epoch did not have it."""
        return [row.get(name, math.nan) for row in self.rows]

    def on_epoch_end(self, training: Training) -> None:
        """Add the epoch's row."""
        self.rows.append({"epoch": training.epoch, **training.metrics})

    def state(self) -> dict[str, Any]:
        """The rows; a value that is not finite is null, because JSON has no word for it."""
        return {"rows": [{k: v if math.isfinite(v) else None for k, v in row.items()} for row in self.rows]}

    def load_state(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Take the rows back."""
        del arrays
        self.rows = [{k: math.nan if v is None else v for k, v in row.items()} for row in state["rows"]]
