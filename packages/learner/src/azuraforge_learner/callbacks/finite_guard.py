"""FiniteGuard: stops a training that left the finite numbers, and says where."""

from __future__ import annotations

import math
from typing import ClassVar

from azuraforge_core import backend_of
from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.errors import Diverged
from azuraforge_learner.training import Training


class FiniteGuard(Callback):
    """Raises `Diverged` at the first batch whose loss, or after which a parameter, is NaN or infinite.

    On a GPU it looks whenever the losses are read; the batch that it names is still the first whose loss was not
    finite. The Learner always has one.
    """

    order: ClassVar = CallOrder.OBSERVE

    def on_batch_end(self, training: Training) -> None:
        """Look at the losses, then at the sum of all parameters, and for the one to name only if that is not finite."""
        if not training.is_just_read:
            return
        if training.reading.bad_batch:
            raise Diverged("the loss", epoch=training.epoch, batch=training.reading.bad_batch)
        if math.isfinite(training.reading.parameter_sum):
            return
        for name, parameter in training.model.parameters().items():
            if not bool(backend_of(parameter).xp.isfinite(parameter.data).all()):
                raise Diverged(f"the parameter {name}", epoch=training.epoch, batch=training.batch)
