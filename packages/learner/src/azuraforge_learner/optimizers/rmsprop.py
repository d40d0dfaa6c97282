"""RMSprop."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import RmspropSettings
from azuraforge_learner.errors import OptimizerInvalid
from azuraforge_learner.optimizers.optimizer import GroupState, Optimizer, Trainable


class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of squared gradients (Hinton 2012), with momentum if wanted.

    `weight_decay` adds `weight_decay * value` to the gradient, as an L2 penalty would.
    """

    moment_names: ClassVar = ("square", "velocity")

    def __init__(
        self,
        trained: Trainable,
        *,
        learning_rate: float = 1e-2,
        smoothing: float = 0.99,
        epsilon: float = 1e-8,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        if not 0 <= smoothing < 1:
            raise OptimizerInvalid(f"smoothing must be at least 0 and below 1, not {smoothing}")
        if not epsilon > 0:
            raise OptimizerInvalid(f"epsilon must be above zero, not {epsilon}")
        if not 0 <= momentum < 1:
            raise OptimizerInvalid(f"momentum must be at least 0 and below 1, not {momentum}")
        super().__init__(trained, learning_rate=learning_rate, weight_decay=weight_decay)
        self.smoothing = smoothing
        self.epsilon = epsilon
        self.momentum = momentum

    def update(self, group: GroupState) -> None:
        """Velocity = momentum * velocity + gradient / (√square + ε); value -= rate * velocity."""
        settings = RmspropSettings(
            shrink=group.weight_decay,
            smoothing=self.smoothing,
            epsilon=self.epsilon,
            momentum=self.momentum,
            rate=group.learning_rate,
        )
        square, velocity = self.moments["square"][group.place], self.moments["velocity"][group.place]
        values, gradients = self.flat.values[group.place], self.flat.gradients[group.place]
        self.backend.rmsprop(values, gradients, moments=(square, velocity), settings=settings)
