"""What is called at the named moments of a training."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, ClassVar

from azuraforge_core import Array
from azuraforge_learner.training import Training


class CallOrder(IntEnum):
    """Who is called first at each moment, whatever order the callbacks were given in.

    A checkpoint holds the state of every callback, so those that learn from an epoch must have seen it before the
    ones that write.
    """

    OBSERVE = -10
    ANY = 0
    WRITE = 10


class Callback:
    """Does nothing at every moment; subclasses choose theirs.

    Moments: `on_train_begin`, then per epoch `on_epoch_begin`, per batch `on_batch_begin` and `on_batch_end` (after
    the update), `on_validation_end` (only with validation data), `on_epoch_end`; last `on_train_end`, also after a
    stop: `training.is_finished` tells. A training resumed inside an epoch does not begin that epoch again.
    """

    order: ClassVar[CallOrder] = CallOrder.ANY

    def on_train_begin(self, training: Training) -> None:
        """Before the first epoch of this process."""

    def on_epoch_begin(self, training: Training) -> None:
        """Before an epoch's first batch."""

    def on_batch_begin(self, training: Training) -> None:
        """Before a batch; `training.batch` counts those done."""

    def on_batch_end(self, training: Training) -> None:
        """After an update."""

    def on_validation_end(self, training: Training) -> None:
        """After the validation data; `training.metrics` holds `validation_*`."""

    def on_epoch_end(self, training: Training) -> None:
        """After an epoch is complete; a checkpoint made here continues with the next one."""

    def on_train_end(self, training: Training) -> None:
        """Training is over, finished or stopped."""

    def state(self) -> dict[str, Any]:
        """What must survive in a checkpoint, as JSON."""
        return {}

    def arrays(self) -> dict[str, Array]:
        """Arrays that must survive in a checkpoint."""
        return {}

    def load_state(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Take back what `state` and `arrays` gave."""
