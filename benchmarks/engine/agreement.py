"""Do two candidates compute the same? A time counts only if what they computed agrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

CHECKED_STEPS: Final = (5, 100)
LOSS_TOLERANCES: Final = (2e-5, 5e-3)
"""Relative, after 5 and after 100 steps: ten times the largest distance between any two of our float32 losses,
PyTorch's and those of PyTorch in float64, over all workloads (2e-6 and 6e-4; rounding grows with every step). A bias
that is not trained, an epsilon in another place or swapped gates miss them by far.
"""
VALUE_TOLERANCE: Final = 1e-4
"""Of one answer or kernel in float32, relative to its largest number: sums of up to 2,048 products in any order."""


def check_losses(subject: str, ours: Sequence[float], theirs: Sequence[float], *, peer: str) -> None:
    """Stop the benchmark when the losses of one training differ."""
    for tolerance, our_loss, their_loss in zip(LOSS_TOLERANCES, ours, theirs, strict=True):
        if not abs(our_loss - their_loss) <= tolerance * abs(their_loss):
            raise SystemExit(
                f"{subject}: losses after {CHECKED_STEPS} steps are {list(ours)} and {peer}'s {list(theirs)}: "
                "no time counts"
            )


def check_values(subject: str, ours: Sequence[float], theirs: Sequence[float], *, peer: str) -> None:
    """Stop the benchmark when two answers to the same question differ."""
    limit = VALUE_TOLERANCE * max(map(abs, theirs))
    for place, (our_value, their_value) in enumerate(zip(ours, theirs, strict=True)):
        if not abs(our_value - their_value) <= limit:
            raise SystemExit(f"{subject}: value {place} is {our_value} and {peer}'s {their_value}: no time counts")
