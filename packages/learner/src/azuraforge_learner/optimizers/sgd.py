"""Stochastic gradient descent."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import SgdSettings
from azuraforge_learner.errors import OptimizerInvalid
from azuraforge_learner.optimizers.optimizer import GroupState, Optimizer, Trainable


class SGD(Optimizer):
    """value -= rate * velocity, with velocity = momentum * velocity + gradient (Sutskever 2013 for Nesterov)."""

    moment_names: ClassVar = ("velocity",)

    def __init__(
        self,
        trained: Trainable,
        *,
        learning_rate: float,
        momentum: float = 0.0,
        is_nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        if not 0 <= momentum < 1:
            raise OptimizerInvalid(f"momentum must be at least 0 and below 1, not {momentum}")
        if is_nesterov and momentum == 0:
            raise OptimizerInvalid("Nesterov looks ahead along the momentum: give a momentum above 0")
        super().__init__(trained, learning_rate=learning_rate, weight_decay=weight_decay)
        self.momentum = momentum
        self.is_nesterov = is_nesterov

    def update(self, group: GroupState) -> None:
        """Velocity = momentum * velocity + gradient; value -= rate * velocity, or further along it (Nesterov)."""
        settings = SgdSettings(group.weight_decay, self.momentum, self.is_nesterov, group.learning_rate)
        values, gradients = self.flat.values[group.place], self.flat.gradients[group.place]
        self.backend.sgd(values, gradients, velocity=self.moments["velocity"][group.place], settings=settings)
