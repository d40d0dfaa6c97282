"""FiniteGuard: stops a training that left the finite numbers, and says where."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.errors import Diverged
from azuraforge_learner.training import Training


class FiniteGuard(Callback):
    """Raises `Diverged` at the first batch whose loss, or after which a parameter, is NaN or infinite.

    The Learner always has one.
    """

    order: ClassVar = CallOrder.OBSERVE

    def on_batch_end(self, training: Training) -> None:
        """Look at the loss, then at every parameter in one pass over the flat buffer."""
        if not math.isfinite(training.batch_loss):
            raise Diverged("the loss", epoch=training.epoch, batch=training.batch)
        if np.isfinite(np.sum(training.optimizer.flat.values)):
            return
        for name, parameter in training.model.parameters().items():
            if not np.isfinite(parameter.data).all():
                raise Diverged(f"the parameter {name}", epoch=training.epoch, batch=training.batch)
