"""Arithmetic of broadcasting operands: gradients, PyTorch, and the corners."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

BINARY = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"]
SHAPES = [((), ()), ((1,), (1,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((4, 1, 3), (2, 1)), ((0, 3), (3,))]


def positive(shape: tuple[int, ...], *, seed: int) -> Tensor:
    return Tensor(np.abs(random_tensor(shape, seed=seed).data) + 0.5, requires_grad=True)


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("name", BINARY)
def test_gradients_over_broadcasting_shapes(name: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    gradcheck(getattr(ops, name), [positive(shapes[0], seed=1), positive(shapes[1], seed=2)])


@pytest.mark.parametrize("name", BINARY)
def test_gradients_of_one_side_alone(name: str) -> None:
    op = getattr(ops, name)
    a, b = positive((2, 3), seed=1), positive((2, 3), seed=2)
    gradcheck(lambda x: op(x, b.detach()), [a])
    gradcheck(lambda x: op(a.detach(), x), [b])
    gradcheck(lambda x: op(x, 1.7), [a])
    gradcheck(lambda x: op(1.7, x), [b])


@pytest.mark.parametrize("name", BINARY)
def test_gradients_of_views_that_are_not_contiguous(name: str) -> None:
    whole = positive((4, 6), seed=3)
    gradcheck(lambda x: getattr(ops, name)(x.transpose()[::2, 1:3], x[1:3, ::2].transpose()), [whole])


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("add", "add"),
        ("subtract", "sub"),
        ("multiply", "mul"),
        ("divide", "div"),
        ("power", "pow"),
        ("maximum", "maximum"),
        ("minimum", "minimum"),
    ],
)
def test_values_and_gradients_of_pytorch(name: str, theirs: str, torch, against_torch) -> None:
    arrays = [positive((4, 1, 3), seed=1).data, positive((2, 1), seed=2).data]
    against_torch(getattr(ops, name), getattr(torch, theirs), arrays)
    ties = np.array([1.0, 2.0, 3.0])
    against_torch(getattr(ops, name), getattr(torch, theirs), [ties, ties.copy()])


def test_powers_of_zero_have_finite_gradients() -> None:
    x = Tensor(np.zeros(3), requires_grad=True)
    for exponent, slope in ((0.0, 0.0), (1.0, 1.0), (2.0, 0.0)):
        x.grad = None
        ops.power(x, exponent).sum().backward()
        assert x.grad is not None
        assert x.grad.tolist() == [slope] * 3
    y = Tensor(np.array([2.0]), requires_grad=True)
    ops.power(Tensor(np.zeros(1)), y).sum().backward()
    assert y.grad is not None
    assert y.grad.tolist() == [0.0]


@pytest.mark.parametrize("name", BINARY)
def test_shapes_that_do_not_broadcast_are_refused_with_both(name: str) -> None:
    with pytest.raises(ShapeError, match=rf"{name}: shapes \(2,\) and \(3,\)"):
        getattr(ops, name)(Tensor([1.0, 2.0]), Tensor([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("name", BINARY)
def test_one_tensor_on_both_sides(name: str) -> None:
    gradcheck(lambda x: getattr(ops, name)(x, x + 0.25), [positive((3,), seed=5)])
