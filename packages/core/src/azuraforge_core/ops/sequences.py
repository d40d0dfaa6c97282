"""Sequences of different lengths in one padded batch: which steps are real, their order, the last of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import IndexOutOfRange, ShapeError
from azuraforge_core.ops.indexing import gather
from azuraforge_core.tape import record
from azuraforge_core.tensor import Tensor, backend_of

Lengths = Array | Sequence[int]
"""How many steps of each sequence are real: whole numbers on the host, for they decide what is computed at all."""


def reverse_steps(x: Tensor, *, lengths: Lengths | None = None) -> Tensor:
    """The steps of every sequence in reverse; those after its length stay where they are.

    `x (n, time, ...)`, `lengths (n)` whole numbers up to time, or None for all of it. What a backward direction reads.

    Raises:
        ShapeError, IndexOutOfRange: the lengths do not fit.
    """
    counts = check_lengths("reverse_steps", x, lengths=lengths)[:, None]
    xp, steps = backend_of(x).xp, np.arange(x.shape[1])[None, :]
    rows = xp.arange(x.shape[0])[:, None]
    order = xp.asarray(np.where(steps < counts, counts - 1 - steps, steps))

    def vjp(g: Array) -> tuple[Array]:
        return (g[rows, order],)  # reversing twice changes nothing

    return record(x.data[rows, order], (x,), vjp)


def last_step(x: Tensor, *, lengths: Lengths) -> Tensor:
    """The last step of every sequence of `x (n, time, ...)` with `lengths (n)` from 1 to time: `(n, ...)`.

    Raises:
        ShapeError, IndexOutOfRange: the lengths do not fit.
    """
    counts = check_lengths("last_step", x, lengths=lengths)
    if counts.size and int(counts.min()) < 1:
        raise IndexOutOfRange("last_step: a sequence of length 0 has no last step")
    xp = backend_of(x).xp
    return gather(x, (xp.arange(x.shape[0]), xp.asarray(counts - 1)))


def check_lengths(op: str, x: Tensor, *, lengths: Lengths | None) -> Array:
    """One length per sequence of `x (n, time, ...)`; time itself for None.

    Raises:
        ShapeError: `x` has no time, or the lengths are not one whole number per sequence.
        IndexOutOfRange: a length below 0 or above time.
    """
    if x.ndim < 2:
        raise ShapeError(f"{op}: x {x.shape}; needed is (n, time, ...)")
    n, time = x.shape[:2]
    if lengths is None:
        return np.full((n,), time)
    counts = np.asarray(lengths) if n or len(lengths) else np.zeros(0, np.int64)
    if counts.shape != (n,) or counts.dtype.kind not in "iu":
        raise ShapeError(f"{op}: lengths {counts.dtype} {counts.shape}; needed are {n} whole numbers")
    counts = counts.astype(np.int64)
    if counts.size and not 0 <= int(counts.min()) <= int(counts.max()) <= time:
        raise IndexOutOfRange(f"{op}: lengths from {counts.min()} to {counts.max()} for {time} steps")
    return counts
