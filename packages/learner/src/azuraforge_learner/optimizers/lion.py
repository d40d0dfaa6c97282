"""Lion."""

from __future__ import annotations

from typing import ClassVar

from azuraforge_core import LionSettings
from azuraforge_learner.errors import OptimizerInvalid
from azuraforge_learner.optimizers.optimizer import GroupState, Optimizer, Trainable


class Lion(Optimizer):
    """Steps of one size for every parameter: only the direction of a mixed momentum counts (Chen 2023).

    One moment instead of Adam's two. Wants a learning rate 3 to 10 times smaller than Adam's and a weight decay as
    much larger; the decay shrinks the value itself.
    """

    moment_names: ClassVar = ("first",)

    def __init__(
        self,
        trained: Trainable,
        *,
        learning_rate: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        if not (0 <= betas[0] < 1 and 0 <= betas[1] < 1):
            raise OptimizerInvalid(f"both betas must be at least 0 and below 1, not {betas}")
        super().__init__(trained, learning_rate=learning_rate, weight_decay=weight_decay)
        self.betas = betas

    def update(self, group: GroupState) -> None:
        """Value -= rate * sign(β₁ first + (1 - β₁) gradient), then first = β₂ first + (1 - β₂) gradient."""
        beta1, beta2 = self.betas
        settings = LionSettings(
            keep=1.0 - group.learning_rate * group.weight_decay, beta1=beta1, beta2=beta2, rate=group.learning_rate
        )
        values, gradients = self.flat.values[group.place], self.flat.gradients[group.place]
        self.backend.lion(values, gradients, first=self.moments["first"][group.place], settings=settings)
