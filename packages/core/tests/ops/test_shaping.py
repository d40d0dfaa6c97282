"""Ops that move elements."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, IndexOutOfRange, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

MOVES: dict[str, Callable[[Tensor], Tensor]] = {
    "reshape": lambda x: ops.reshape(x, (4, -1)),
    "flatten": ops.flatten,
    "flatten_from_0": lambda x: ops.flatten(x, start=0),
    "transpose": ops.transpose,
    "transpose_order": lambda x: ops.transpose(x, (1, -1, 0)),
    "swap_axes": lambda x: ops.swap_axes(x, 0, b=-1),
    "expand_dims": lambda x: ops.expand_dims(x, -1),
    "squeeze": lambda x: ops.squeeze(ops.expand_dims(x, 1)),
    "squeeze_axis": lambda x: ops.squeeze(ops.expand_dims(x, 1), 1),
    "broadcast_to": lambda x: ops.broadcast_to(ops.expand_dims(x, 1), (5, 2, 7, 3, 4)),
    "pad": lambda x: ops.pad(x, [(1, 0), (0, 2), (3, 1)], value=2.0),
    "flip": lambda x: ops.flip(x, (0, 2)),
    "concat_with_itself": lambda x: ops.concat([x, x * 2, x[:, :0], x[:, 1:]], axis=1),
    "stack": lambda x: ops.stack([x, x * 3], axis=-1),
    "split": lambda x: ops.split(x, [1, 0, 3], axis=2)[2] * ops.split(x, [3, 1], axis=2)[0],
}


@pytest.mark.parametrize("name", MOVES)
def test_gradients(name: str) -> None:
    gradcheck(MOVES[name], [random_tensor((2, 3, 4))])
    gradcheck(lambda x: MOVES[name](x.transpose(2, 0, 1)), [random_tensor((3, 4, 2))])


@pytest.mark.oracle
def test_values_and_gradients_of_pytorch(torch: ModuleType, against_torch: Callable[..., None]) -> None:
    theirs = {
        "flatten": lambda x: x.flatten(1),
        "transpose_order": lambda x: x.permute(1, -1, 0),
        "pad": lambda x: torch.nn.functional.pad(x, (3, 1, 0, 2, 1, 0), value=2.0),
        "flip": lambda x: x.flip((0, 2)),
        "concat_with_itself": lambda x: torch.cat([x, x * 2, x[:, :0], x[:, 1:]], 1),
        "stack": lambda x: torch.stack([x, x * 3], -1),
        "split": lambda x: x.split([1, 0, 3], 2)[2] * x.split([3, 1], 2)[0],
    }
    for name, their_move in theirs.items():
        against_torch(MOVES[name], their_move, [random_tensor((2, 3, 4)).data])


def test_concat_gives_each_tensor_its_own_gradient() -> None:
    gradcheck(lambda a, b: ops.concat([a, b], axis=-1), [random_tensor((2, 1)), random_tensor((2, 3), seed=1)])


@pytest.mark.parametrize(
    ("op", "error", "message"),
    [
        (lambda x: ops.reshape(x, (5, 5)), ShapeError, "6 elements"),
        (lambda x: ops.reshape(x, (-1, 4)), ShapeError, "reshape"),
        (lambda x: ops.transpose(x, (0, 0)), ArgumentError, "once"),
        (lambda x: ops.transpose(x, (0,)), ArgumentError, "once"),
        (lambda x: ops.transpose(x, (0, 2)), IndexOutOfRange, "axis 2"),
        (lambda x: ops.squeeze(x, 0), ShapeError, "not of length 1"),
        (lambda x: ops.broadcast_to(x, (3, 3)), ShapeError, "broadcast_to"),
        (lambda x: ops.concat([]), ShapeError, "at least one"),
        (lambda x: ops.concat([x, x.reshape(6)]), ShapeError, "concat"),
        (lambda x: ops.concat([x, x.transpose()], axis=0), ShapeError, r"\(2, 3\), \(3, 2\)"),
        (lambda x: ops.stack([x, x.transpose()]), ShapeError, "must be equal"),
        (lambda x: ops.split(x, [1, 3], axis=1), ShapeError, "do not add up"),
        (lambda x: ops.split(x, [4, -1], axis=1), ShapeError, "do not add up"),
        (lambda x: ops.pad(x, [(1, 1)]), ShapeError, "one \\(before, after\\)"),
        (lambda x: ops.pad(x, [(1, -1), (0, 0)]), ShapeError, "pad"),
        (lambda x: ops.expand_dims(x, 4), IndexOutOfRange, "axis 4"),
    ],
)
def test_what_does_not_fit_is_refused(op: Callable[[Tensor], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        op(Tensor(np.zeros((2, 3), np.float32)))


def test_an_empty_tensor_moves_too() -> None:
    gradcheck(lambda x: ops.flatten(x) + ops.concat([x, x], axis=1)[:, :0].sum(), [random_tensor((0, 3, 2))])
