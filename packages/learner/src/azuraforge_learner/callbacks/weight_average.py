"""WeightAverage: ends a training with a running average of its weights instead of the last ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from azuraforge_core import Array, beside
from azuraforge_learner.callbacks.callback import Callback, CallOrder
from azuraforge_learner.errors import CheckpointMismatch, LearnerError
from azuraforge_learner.training import Training


class WeightAverage(Callback):
    """Exponential moving average: after every update, average = decay * average + (1 - decay) * weights.

    The first update's weights begin it. When the training is finished the model gets the averages, also where
    `EarlyStopping` would have put its best epoch back; not after a stop, which must leave the weights as they are for
    the checkpoint. Buffers stay those of training, and so does what validation measures before the end.
    """

    order: ClassVar = CallOrder.ANY

    def __init__(self, *, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise LearnerError(f"decay must be at least 0 and below 1, not {decay}")
        self.decay = decay
        self.averages: dict[str, Array] = {}

    def on_train_begin(self, training: Training) -> None:
        """Refuse averages of another model.

        Raises:
            CheckpointMismatch: a checkpoint was loaded that held them.
        """
        parameters = training.model.parameters()
        shapes = {name: parameter.shape for name, parameter in parameters.items()}
        if self.averages and {name: average.shape for name, average in self.averages.items()} != shapes:
            raise CheckpointMismatch("the averages are not of this model's parameters")
        self.averages = {name: beside(parameters[name].data, average) for name, average in self.averages.items()}

    def on_batch_end(self, training: Training) -> None:
        """Move every average."""
        parameters = training.model.parameters()
        if not self.averages:
            self.averages = {name: parameter.data.copy() for name, parameter in parameters.items()}
            return
        for name, parameter in parameters.items():
            average = self.averages[name]
            average += (1.0 - self.decay) * (parameter.data - average)

    def on_train_end(self, training: Training) -> None:
        """Put the averages in place."""
        if training.is_finished and self.averages:
            training.model.load_arrays(training.model.arrays() | self.averages)

    def arrays(self) -> dict[str, Array]:
        """The averages so far."""
        return self.averages

    def load_state(self, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Take them back."""
        del state
        self.averages = {name: array.copy() for name, array in arrays.items()}
