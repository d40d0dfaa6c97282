"""A recurrent op over a padded batch, in blocks that hold no padding.

Sequences are ordered from the longest to the shortest and time is cut wherever one ends:

```
            0        3     5        9
 longest    ████████████████████████      segment 0: 3 sequences, steps 0 to 3
            ███████████████               segment 1: 2 sequences, steps 3 to 5
 shortest   █████████                     segment 2: 1 sequence,  steps 5 to 9
```

Each block is one call of the backend and its last state is the next one's first. What lies behind a sequence's end is
neither read nor written, so it can change nothing, not even if it is NaN, and costs nothing: this is what a packed
input is for elsewhere. Backward visits the blocks from the last to the first.

The same cut saves memory. With `recompute_every` k, time is also cut every k steps, only the state before each block
is kept, and backward computes a block again before it differentiates it: twice the forward work, and gates and cells
of k steps instead of all of them (gradient checkpointing, Chen 2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array
from azuraforge_core.errors import ArgumentError

State = tuple[Array, ...]
"""(h, c) of an LSTM, (h,) of a GRU, each (n, h)."""


class CellGradients(NamedTuple):
    """What one block's backward answers."""

    x: Array | None
    state: State
    weights: tuple[Array, ...]


@dataclass(frozen=True)
class Cell:
    """One kind of recurrent network on one backend, its weights bound."""

    forward: Callable[[Array, State], Any]
    """From x (n, time, features) and the first state to whatever backward needs."""
    results: Callable[[Any], tuple[Array, State]]
    """Of that: every h (n, time, h), and the last state."""
    vjp: Callable[[Any, Array | None, tuple[Array | None, ...]], CellGradients]
    """From that and the gradients of both results."""


class Segment(NamedTuple):
    """Steps `start` to `stop` of the longest sequences, so many of them."""

    start: int
    stop: int
    sequences: int


class Plan(NamedTuple):
    """How a batch is cut. `order` lists the sequences from longest to shortest; None: they lie so already."""

    order: Array | None
    segments: tuple[Segment, ...]
    is_recomputed: bool

    def on(self, xp: ArrayModule) -> Plan:
        """The plan for arrays of `xp`: lengths are looked at on the host, rows are picked on the device."""
        return self if self.order is None else self._replace(order=xp.asarray(self.order))

    def rows(self, count: int) -> Any:
        """Index of the `count` longest sequences."""
        return slice(count) if self.order is None else self.order[:count]


class Kept(NamedTuple):
    """A block that was run: the state before it, and what backward needs unless that is computed again."""

    segment: Segment
    state: State
    saved: Any


def plan_segments(op: str, counts: Array, *, time: int, recompute_every: int | None) -> Plan | None:
    """The cut for sequences of `counts (n)` steps; None where all of it is one block that is kept.

    Raises:
        ArgumentError: `recompute_every` is below 1.
    """
    if recompute_every is not None and recompute_every < 1:
        raise ArgumentError(f"{op}: recompute_every is {recompute_every}, it must be 1 or more")
    if recompute_every is None and (not counts.size or int(counts.min()) == time):
        return None
    order = np.argsort(-counts, kind="stable")
    longest = int(counts.max(initial=0))
    cuts = {0, *counts.tolist(), *range(0, longest, recompute_every or max(longest, 1))}
    spans = pairwise(sorted(cut for cut in cuts if cut <= longest))
    segments = tuple(Segment(start, stop, int((counts >= stop).sum())) for start, stop in spans)
    is_ordered = bool((order == np.arange(len(order))).all())
    return Plan(None if is_ordered else order, segments, recompute_every is not None)


def run_segments(
    xp: ArrayModule, x: Array, *, state: State, cell: Cell, plan: Plan
) -> tuple[Array, State, tuple[Kept, ...]]:
    """Every h, 0 behind a sequence's end; the state at each sequence's own end; and what backward needs."""
    plan = plan.on(xp)
    everyone = plan.rows(len(x))
    carried = tuple(part[everyone].copy() for part in state)
    sequence = xp.zeros((*x.shape[:2], state[0].shape[1]), dtype=x.dtype)
    kept = []
    for segment in plan.segments:
        start, stop, count = segment
        rows, before = plan.rows(count), tuple(part[:count].copy() for part in carried)
        saved = cell.forward(x[rows, start:stop], before)
        states, last = cell.results(saved)
        sequence[rows, start:stop] = states
        for part, new in zip(carried, last, strict=True):
            part[:count] = new
        kept.append(Kept(segment, before, None if plan.is_recomputed else saved))
    return sequence, _put_back(xp, carried, rows=everyone), tuple(kept)


def segments_vjp(
    xp: ArrayModule,
    x: Array,
    *,
    weights: tuple[Array, ...],
    cell: Cell,
    plan: Plan,
    kept: tuple[Kept, ...],
    gradients: tuple[Array | None, tuple[Array, ...]],
    needs_x: bool,
) -> CellGradients:
    """Gradients of x, of the first state and of the weights, from those of the sequence and of the last state."""
    d_sequence, d_last = gradients
    plan = plan.on(xp)
    everyone = plan.rows(len(x))
    carried = tuple(part[everyone].copy() for part in d_last)
    dx = xp.zeros_like(x) if needs_x else None
    sums = tuple(xp.zeros_like(w) for w in weights)
    for (start, stop, count), before, saved in reversed(kept):
        rows = plan.rows(count)
        if plan.is_recomputed:
            saved = cell.forward(x[rows, start:stop], before)  # noqa: PLW2901 - the same thing, made again
        d_steps = None if d_sequence is None else d_sequence[rows, start:stop]
        found = cell.vjp(saved, d_steps, tuple(part[:count] for part in carried))
        for total, gradient in zip(sums, found.weights, strict=True):
            xp.add(total, gradient, out=total)
        for part, new in zip(carried, found.state, strict=True):
            part[:count] = new
        if dx is not None:
            dx[rows, start:stop] = found.x
    return CellGradients(dx, _put_back(xp, carried, rows=everyone), sums)


def _put_back(xp: ArrayModule, parts: State, *, rows: Any) -> State:
    """Every part in the order in which the sequences came."""
    found = tuple(xp.empty_like(part) for part in parts)
    for place, part in zip(found, parts, strict=True):
        place[rows] = part
    return found
