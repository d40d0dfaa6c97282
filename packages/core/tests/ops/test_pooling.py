"""Pooling: finite differences and PyTorch, overlapping windows and ties included."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, DtypeError, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

GRID = [
    (2, None, 0),
    (3, 1, 0),
    (3, 2, 1),
    ((2, 3), (1, 2), (1, 0)),
    (1, 2, 0),
    ((4, 1), None, (2, 0)),
]


@pytest.mark.oracle
@pytest.mark.parametrize("is_tied", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "padding"), GRID)
def test_values_and_gradients_of_pytorch(
    kernel: Any, stride: Any, padding: Any, is_tied: bool, torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    x = random_tensor((2, 6, 7, 3)).data
    x = np.round(x) if is_tied else x
    for ours, name in ((ops.max_pool2d, "max_pool2d"), (ops.average_pool2d, "avg_pool2d")):
        theirs = getattr(torch.nn.functional, name)
        against_torch(
            lambda t, ours=ours: ours(t, kernel, stride=stride, padding=padding),
            lambda t, theirs=theirs: theirs(t.permute(0, 3, 1, 2), kernel, stride, padding).permute(0, 2, 3, 1),
            [x],
        )


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 5, 4, 3), (0, 4, 4, 2)], ids=str)
def test_gradients(shape: tuple[int, ...]) -> None:
    kernel = (min(2, shape[1]), min(3, shape[2]))
    gradcheck(lambda x: ops.max_pool2d(x, kernel, stride=1), [random_tensor(shape)])
    gradcheck(lambda x: ops.average_pool2d(x, kernel, stride=1), [random_tensor(shape)])
    gradcheck(ops.global_average_pool2d, [random_tensor(shape)])


def test_gradients_of_a_view() -> None:
    gradcheck(lambda x: ops.max_pool2d(x.transpose(3, 1, 2, 0)[:, ::2], 2), [random_tensor((2, 8, 4, 3))])


def test_the_first_of_equal_numbers_gets_the_whole_gradient() -> None:
    x = Tensor(np.ones((1, 2, 2, 1), np.float32), requires_grad=True)
    ops.max_pool2d(x, 2).sum().backward()
    assert x.grad is not None
    assert x.grad.ravel().tolist() == [1.0, 0.0, 0.0, 0.0]


def test_padding_never_wins_and_nan_does() -> None:
    x = Tensor(np.full((1, 2, 2, 1), -5.0, np.float32))
    assert (ops.max_pool2d(x, 2, stride=1, padding=1).data == -5).all()
    x.data[0, 1, 1, 0] = np.nan
    assert np.isnan(ops.max_pool2d(x, 2).data).all()


@pytest.mark.parametrize("op", [ops.max_pool2d, ops.average_pool2d])
def test_what_does_not_fit_is_refused(op: Callable[..., Tensor]) -> None:
    x = random_tensor((1, 3, 3, 1))
    with pytest.raises(ShapeError, match="larger than"):
        op(x, 4)
    with pytest.raises(ShapeError, match="needed is"):
        op(x[0], 2)
    with pytest.raises(ArgumentError, match="above half"):
        op(x, 2, padding=2)
    with pytest.raises(ArgumentError, match="kernel is 0"):
        op(x, 0)
    with pytest.raises(ArgumentError, match="stride is"):
        op(x, 2, stride=(1, 0))
    with pytest.raises(DtypeError, match="int64"):
        op(Tensor(np.ones((1, 3, 3, 1), int)), 2)
