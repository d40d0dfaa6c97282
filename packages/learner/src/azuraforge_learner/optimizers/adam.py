"""Adam and AdamW."""

from __future__ import annotations

import math
from typing import ClassVar

from azuraforge_core import AdamSettings
from azuraforge_learner.errors import OptimizerInvalid
from azuraforge_learner.optimizers.optimizer import GroupState, Optimizer, Trainable


class Adam(Optimizer):
    """Steps of a size that each parameter's own gradient history sets (Kingma & Ba 2015), with bias correction.

    `weight_decay` adds `weight_decay * value` to the gradient, as an L2 penalty would; AdamW is usually better.
    """

    moment_names: ClassVar = ("first", "second")
    is_decay_decoupled: ClassVar[bool] = False

    def __init__(
        self,
        trained: Trainable,
        *,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if not (0 <= betas[0] < 1 and 0 <= betas[1] < 1):
            raise OptimizerInvalid(f"both betas must be at least 0 and below 1, not {betas}")
        if not epsilon > 0:
            raise OptimizerInvalid(f"epsilon must be above zero, not {epsilon}")
        super().__init__(trained, learning_rate=learning_rate, weight_decay=weight_decay)
        self.betas = betas
        self.epsilon = epsilon

    def update(self, group: GroupState) -> None:
        """Value -= rate / (1 - β₁ᵗ) * first / (√second / √(1 - β₂ᵗ) + ε), in place, in one visit."""
        beta1, beta2 = self.betas
        correction = math.sqrt(1.0 - beta2**self.steps)
        decay, rate = group.weight_decay, group.learning_rate
        settings = AdamSettings(
            keep=1.0 - rate * decay if self.is_decay_decoupled else 1.0,
            shrink=0.0 if self.is_decay_decoupled else decay,
            beta1=beta1,
            beta2=beta2,
            epsilon=self.epsilon * correction,  # the whole fraction times √(1 - β₂ᵗ): one operation less per value
            rate=rate * correction / (1.0 - beta1**self.steps),
        )
        first, second = self.moments["first"][group.place], self.moments["second"][group.place]
        values, gradients = self.flat.values[group.place], self.flat.gradients[group.place]
        self.backend.adam(values, gradients, moments=(first, second), settings=settings)


class AdamW(Adam):
    """Adam whose weight decay shrinks the value itself (Loshchilov & Hutter 2019)."""

    is_decay_decoupled: ClassVar[bool] = True

    def __init__(
        self,
        trained: Trainable,
        *,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(trained, learning_rate=learning_rate, betas=betas, epsilon=epsilon, weight_decay=weight_decay)
