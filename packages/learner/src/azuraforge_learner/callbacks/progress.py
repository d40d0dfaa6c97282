"""Progress: tells how far the training is, not too often."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from azuraforge_learner.callbacks.callback import Callback
from azuraforge_learner.training import Training


@dataclass(frozen=True)
class BatchProgress:
    """Where inside an epoch the training is. `loss` is the epoch's mean so far."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    samples_per_s: float


class Progress(Callback):
    """Calls `report` after a batch, at most once per `interval_s` of `clock`, and after an epoch's last batch."""

    def __init__(
        self,
        report: Callable[[BatchProgress], None],
        *,
        interval_s: float = 0.25,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._interval_s = interval_s
        self._clock = clock
        self._reported_at = float("-inf")
        self._since_s = 0.0
        self._since_samples = 0

    def on_train_begin(self, training: Training) -> None:
        """Start measuring; a training resumed inside an epoch measures what it does itself."""
        self._start(training)

    def on_epoch_begin(self, training: Training) -> None:
        """Start measuring."""
        self._start(training)

    def on_batch_end(self, training: Training) -> None:
        """Report, if it is time and the loss is known."""
        if not training.is_just_read:
            return
        now = self._clock()
        is_last = training.batch == training.batches
        if not is_last and now - self._reported_at < self._interval_s:
            return
        self._reported_at = now
        seconds = now - self._since_s
        speed = (training.samples - self._since_samples) / seconds if seconds > 0 else 0.0
        self._report(
            BatchProgress(
                epoch=training.epoch,
                epochs=training.epochs,
                batch=training.batch,
                batches=training.batches,
                loss=training.metrics["loss"],
                samples_per_s=speed,
            )
        )

    def _start(self, training: Training) -> None:
        self._since_s = self._clock()
        self._since_samples = training.samples
