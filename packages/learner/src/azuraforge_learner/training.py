"""What callbacks and checkpoints see of a training, so that neither needs to know the Learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from azuraforge_core import Array
from azuraforge_learner.layers import Layer
from azuraforge_learner.loss_meter import Reading
from azuraforge_learner.optimizers import Optimizer


@dataclass(frozen=True)
class TrainingState:
    """Everything needed to continue: `document` is JSON, the rest are arrays by name."""

    epoch: int
    step: int
    document: Mapping[str, Any]
    model: Mapping[str, Array] = field(default_factory=dict)
    optimizer: Mapping[str, Array] = field(default_factory=dict)
    callbacks: Mapping[str, Array] = field(default_factory=dict)


class Training(Protocol):
    """A training in progress. Epochs and batches count from 1; 0 means before the first."""

    model: Layer
    optimizer: Optimizer
    epoch: int
    epochs: int
    batch: int
    """Batches of this epoch that are done."""
    batches: int
    """Batches in an epoch."""
    step: int
    """Updates since the beginning of the training."""
    samples: int
    """Samples of this epoch that are done."""
    reading: Reading
    """What was known of losses and parameters when they were last read: on a GPU not after every batch."""
    is_just_read: bool
    """Whether that was after the last batch."""
    metrics: dict[str, float]
    """`loss` is the mean over this epoch so far; `validation_*` are there from `on_validation_end` on."""

    @property
    def batch_loss(self) -> float:
        """Loss of the last batch whose loss was read."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to train: all epochs are done, or a callback said it is enough."""

    @property
    def stop_reason(self) -> str | None:
        """Why training was interrupted, if it was."""

    def stop(self, reason: str) -> None:
        """Interrupt after this batch; the training is not finished and can be resumed."""

    def finish(self, reason: str) -> None:
        """Say that this epoch is the last one."""

    def capture(self) -> TrainingState:
        """Everything needed to continue from here."""

    def restore(self, state: TrainingState) -> None:
        """Become the training that was captured."""
