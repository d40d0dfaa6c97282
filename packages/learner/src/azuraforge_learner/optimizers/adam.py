"""Adam and AdamW."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

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

    def update(self, group: GroupState, place: slice) -> None:
        """Value -= rate / (1 - β₁ᵗ) * first / (√second / √(1 - β₂ᵗ) + ε), in place, in one visit of the chunk."""
        value, gradient = self.flat.values[place], self.flat.gradients[place]
        first, second = self.moments["first"][place], self.moments["second"][place]
        a, b = (row[: value.size] for row in self._scratch)
        if group.weight_decay and self.is_decay_decoupled:
            value *= 1.0 - group.learning_rate * group.weight_decay
        elif group.weight_decay:
            np.multiply(value, group.weight_decay, out=b)
            gradient = np.add(b, gradient, out=b)
        beta1, beta2 = self.betas
        np.subtract(gradient, first, out=a)
        a *= 1.0 - beta1
        first += a
        np.multiply(gradient, gradient, out=a)
        a *= 1.0 - beta2
        second *= beta2
        second += a
        correction = math.sqrt(1.0 - beta2**self.steps)
        np.sqrt(second, out=a)
        a += self.epsilon * correction  # the whole fraction times √(1 - β₂ᵗ): one pass less over the chunk
        np.divide(first, a, out=a)
        a *= group.learning_rate * correction / (1.0 - beta1**self.steps)
        value -= a


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
