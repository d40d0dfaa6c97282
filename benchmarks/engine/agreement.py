"""Do two trainings compute the same? A time counts only if their losses agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

TOLERANCES: Final = (2e-5, 5e-3)
"""Relative, after 5 and after 100 steps: ten times the largest distance between any two of our float32 losses,
PyTorch's and those of PyTorch in float64, over all workloads (2e-6 and 6e-4; each grows with every rounded step). A
bias that is not trained, an epsilon in another place or swapped gates miss them by far.
"""


def check_losses(workload: str, ours: Sequence[float], theirs: Sequence[float], *, peer: str) -> None:
    """Stop the benchmark when the losses of one workload differ."""
    for place, (our_loss, their_loss) in enumerate(zip(ours, theirs, strict=True)):
        if not abs(our_loss - their_loss) <= TOLERANCES[place] * abs(their_loss):
            raise SystemExit(f"{workload}: our losses are {list(ours)}, {peer}'s {list(theirs)}: no time counts")
