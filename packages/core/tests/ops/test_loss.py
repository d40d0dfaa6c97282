"""Losses: gradients, PyTorch, and no silent broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, DtypeError, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": ops.mse,
    "mae": ops.mae,
    "huber": lambda p, t: ops.huber(p, t, delta=0.7),
}


@pytest.mark.parametrize("shape", [(), (1,), (5, 1), (3, 4), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_prediction_and_target(name: str, shape: tuple[int, ...]) -> None:
    gradcheck(LOSSES[name], [random_tensor(shape), random_tensor(shape, seed=1)])
    gradcheck(lambda p: LOSSES[name](p, random_tensor(shape, seed=1, requires_grad=False)), [random_tensor(shape)])


@pytest.mark.oracle
def test_values_and_gradients_of_pytorch(torch: ModuleType, against_torch: Callable[..., None]) -> None:
    f = torch.nn.functional
    theirs = {"mse": f.mse_loss, "mae": f.l1_loss, "huber": lambda p, t: f.huber_loss(p, t, delta=0.7)}
    for name, their_loss in theirs.items():
        arrays = [random_tensor((6, 2)).data, random_tensor((6, 2), seed=1).data]
        arrays[0][0, 0] = arrays[1][0, 0]
        against_torch(LOSSES[name], their_loss, arrays)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("shapes", [((32, 1), (32,)), ((32,), (32, 1)), ((4, 1), (4, 3)), ((3,), ())], ids=str)
def test_shapes_that_would_broadcast_are_refused_with_both(
    name: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ShapeError) as caught:
        LOSSES[name](random_tensor(shapes[0]), random_tensor(shapes[1]))
    assert str(shapes[0]) in str(caught.value)
    assert str(shapes[1]) in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_to_average_is_refused(name: str) -> None:
    with pytest.raises(ShapeError, match="nothing to average"):
        LOSSES[name](random_tensor((0, 1)), random_tensor((0, 1)))


@pytest.mark.parametrize("name", LOSSES)
def test_integer_targets_and_mixed_dtypes_are_refused(name: str) -> None:
    with pytest.raises(DtypeError, match="target is int64"):
        LOSSES[name](Tensor([1.0]), Tensor([1]))
    with pytest.raises(DtypeError, match=r"float32.*float64"):
        LOSSES[name](Tensor([1.0]), random_tensor((1,)))


def test_huber_needs_a_positive_delta() -> None:
    for delta in (0.0, -1.0, float("nan")):
        with pytest.raises(ArgumentError, match="delta"):
            ops.huber(Tensor([1.0]), Tensor([2.0]), delta=delta)


@pytest.mark.parametrize("name", LOSSES)
def test_float32_stays_float32(name: str) -> None:
    p = Tensor(np.ones(3, np.float32), requires_grad=True)
    loss = LOSSES[name](p, Tensor(np.zeros(3, np.float32)))
    loss.backward()
    assert p.grad is not None
    assert loss.dtype == p.grad.dtype == np.float32
