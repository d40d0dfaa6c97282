"""How the learning rate changes with the step. A schedule is a function of the step, so there is nothing to save.

What depends on how well training goes is a callback: `callbacks.ReduceOnPlateau`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from azuraforge_learner.errors import LearnerError


class Schedule(Protocol):
    """Gives the factor on every group's own learning rate."""

    def factor(self, step: int, *, total: int) -> float:
        """For the update after `step` others, of `total`."""


@dataclass(frozen=True)
class CosineDecay:
    """From 1 along half a cosine to `floor` (Loshchilov & Hutter 2017), after `warmup` steps of linear rise."""

    warmup: int = 0
    floor: float = 0.0

    def __post_init__(self) -> None:
        _need("warmup", self.warmup, low=0)
        _need("floor", self.floor, low=0, high=1)

    def factor(self, step: int, *, total: int) -> float:
        """For the update after `step` others, of `total`."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        share = min(1.0, (step - self.warmup) / max(1, total - self.warmup))
        return _cosine(1.0, self.floor, share=share)


@dataclass(frozen=True)
class OneCycle:
    """Up and down once over the whole training (Smith 2018); the optimizer's own learning rate is the peak.

    Rises along half a cosine from `1 / start_divisor` for the share `rise` of all steps, then falls to
    `1 / (start_divisor * end_divisor)` at the last one.
    """

    rise: float = 0.3
    start_divisor: float = 25.0
    end_divisor: float = 1e4

    def __post_init__(self) -> None:
        if not 0 < self.rise < 1:
            raise LearnerError(f"rise must be above 0 and below 1, not {self.rise}")
        _need("start_divisor", self.start_divisor, low=1)
        _need("end_divisor", self.end_divisor, low=1)

    def factor(self, step: int, *, total: int) -> float:
        """For the update after `step` others, of `total`."""
        start, peak_at = 1.0 / self.start_divisor, self.rise * total - 1.0
        if step < peak_at:
            return _cosine(start, 1.0, share=step / peak_at)
        share = min(1.0, (step - peak_at) / (total - 1.0 - peak_at))
        return _cosine(1.0, start / self.end_divisor, share=share)


@dataclass(frozen=True)
class StepDecay:
    """Times `rate` after every `every` steps."""

    every: int
    rate: float = 0.5

    def __post_init__(self) -> None:
        _need("every", self.every, low=1)
        if not 0 < self.rate <= 1:
            raise LearnerError(f"rate must be above 0 and at most 1, not {self.rate}")

    def factor(self, step: int, *, total: int) -> float:
        """For the update after `step` others; `total` plays no part."""
        del total
        return float(self.rate ** (step // self.every))


@dataclass(frozen=True)
class WarmUp:
    """A linear rise to 1 over `steps` updates, then `then` with the steps that are left, or 1 without it."""

    steps: int
    then: Schedule | None = None

    def __post_init__(self) -> None:
        _need("steps", self.steps, low=1)

    def factor(self, step: int, *, total: int) -> float:
        """For the update after `step` others, of `total`."""
        if step < self.steps:
            return (step + 1) / self.steps
        if self.then is None:
            return 1.0
        return self.then.factor(step - self.steps, total=max(1, total - self.steps))


def _cosine(start: float, end: float, *, share: float) -> float:
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * share))


def _need(name: str, value: float, *, low: float, high: float = math.inf) -> None:
    if not low <= value <= high or math.isinf(value):
        limits = f"at least {low:g}" + ("" if math.isinf(high) else f" and at most {high:g}")
        raise LearnerError(f"{name} must be {limits}, not {value}")
