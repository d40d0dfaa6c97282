"""In which order a value's axes are stored. Ours are (n, *space, channels); ONNX wants others here and there.

An order is a row: `order[i]` is the axis of ours that is stored at place i, the batch being axis 0. Transposes are
only ever made from one order to another, so those that would undo each other do not come into being.
"""

from __future__ import annotations

from azuraforge_learner.layers.spec import Shape

Order = tuple[int, ...]


def natural(rank: int) -> Order:
    """As our layers have it: batch first, channels last."""
    return tuple(range(rank))


def channels_first(rank: int) -> Order:
    """Batch, channels, then space: what convolutions, pools and some normalisations of ONNX read."""
    return (0, rank - 1, *range(1, rank - 1))


def time_major(rank: int) -> Order:
    """Time, then batch: what recurrent operators of ONNX read."""
    return (1, 0, *range(2, rank))


def stored(order: Order, shape: Shape, *, batch: int = -1) -> Shape:
    """The lengths of a sample of `shape` with its batch, as they are stored."""
    whole = (batch, *shape)
    return tuple(whole[axis] for axis in order)


def permutation(current: Order, wanted: Order) -> tuple[int, ...]:
    """The `perm` of the Transpose that leads from one order to another."""
    return tuple(current.index(axis) for axis in wanted)


def keeps_last(order: Order) -> bool:
    """Whether the axis of features is stored last, wherever the others are."""
    return order[-1] == len(order) - 1
