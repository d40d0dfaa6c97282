"""Ops that take axes away."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, IndexOutOfRange, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

NAMES = ["sum", "mean", "variance", "max", "min", "logsumexp"]
AXES = [None, 0, 1, -1, (0, 2), (1,), (0, 1, 2), (-1, 0)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_gradients_over_axes(name: str, axis: int | tuple[int, ...] | None, keepdims: bool) -> None:
    gradcheck(lambda x: getattr(ops, name)(x, axis, keepdims=keepdims), [random_tensor((2, 3, 4))])


@pytest.mark.parametrize("name", NAMES)
def test_gradients_of_one_element_and_of_views(name: str) -> None:
    op = getattr(ops, name)
    gradcheck(op, [random_tensor((1,))])
    gradcheck(op, [random_tensor(())])
    gradcheck(lambda x: op(x.transpose()[1:, ::2], 0), [random_tensor((5, 4))])


@pytest.mark.oracle
@pytest.mark.parametrize("axis", [0, (0, 2), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_of_pytorch(
    name: str, axis: int | tuple[int, ...], torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    theirs = {
        "sum": lambda x: x.sum(axis),
        "mean": lambda x: x.mean(axis),
        "variance": lambda x: x.var(axis, correction=0),
        "max": lambda x: x.amax(axis),
        "min": lambda x: x.amin(axis),
        "logsumexp": lambda x: x.logsumexp(axis),
    }[name]
    tied = np.round(random_tensor((3, 4, 5)).data, 1)
    against_torch(lambda x: getattr(ops, name)(x, axis), theirs, [tied])


@pytest.mark.oracle
def test_sample_variance_of_pytorch(torch: ModuleType, against_torch: Callable[..., None]) -> None:
    against_torch(lambda x: ops.variance(x, 1, correction=1), lambda x: x.var(1), [random_tensor((3, 4)).data])


def test_the_sum_of_nothing_is_zero_and_its_mean_is_refused() -> None:
    empty = Tensor(np.zeros((0, 3), np.float32), requires_grad=True)
    y = ops.sum(empty, 0)
    assert y.data.tolist() == [0.0] * 3
    y.sum().backward()
    assert empty.grad is not None
    assert empty.grad.shape == (0, 3)
    for name in ("mean", "variance", "max", "min", "logsumexp"):
        with pytest.raises(ShapeError, match=name):
            getattr(ops, name)(empty, 0)
    with pytest.raises(ShapeError, match="argmax"):
        ops.argmax(empty, 0)


def test_variance_of_one_sample_with_correction_is_refused() -> None:
    with pytest.raises(ShapeError, match="correction 1"):
        ops.variance(Tensor([1.0]), correction=1)


@pytest.mark.parametrize("name", [*NAMES, "argmax"])
def test_an_axis_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(IndexOutOfRange, match=f"{name}: axis 2"):
        getattr(ops, name)(Tensor([[1.0]]), 2)
    with pytest.raises(IndexOutOfRange, match=f"{name}: axis -3"):
        getattr(ops, name)(Tensor([[1.0]]), -3)


def test_an_axis_twice_is_refused() -> None:
    with pytest.raises(ArgumentError, match="twice"):
        ops.sum(Tensor([[1.0]]), (0, -2))


def test_logsumexp_overflows_nowhere() -> None:
    x = Tensor(np.array([[1e4, 1e4], [-1e4, -1e4], [-np.inf, -np.inf]], np.float32))
    with np.errstate(over="raise", invalid="raise"), np.errstate(divide="ignore"):
        y = ops.logsumexp(x, 1)
    np.testing.assert_allclose(y.data, [1e4 + np.log(2), -1e4 + np.log(2), -np.inf], rtol=1e-6)


def test_integers_sum_to_integers_and_average_to_floats() -> None:
    assert ops.sum(Tensor([1, 2])).dtype == np.int64
    assert ops.mean(Tensor([1, 2])).dtype == np.float32
    assert ops.sum(Tensor([True, True])).item() == 2


def test_argmax_answers_the_first_of_equal_ones() -> None:
    y = ops.argmax(Tensor([[1.0, 3.0, 3.0], [0.0, -1.0, -2.0]]), 1)
    assert y.data.tolist() == [1, 0]
    assert y.dtype == np.int64
    assert not y.requires_grad


def test_float32_stays_float32() -> None:
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    for name in NAMES:
        x.grad = None
        y = getattr(ops, name)(x, 0)
        y.sum().backward()
        assert x.grad is not None
        assert y.dtype == x.grad.dtype == np.float32
