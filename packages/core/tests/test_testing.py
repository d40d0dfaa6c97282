"""The proof itself: gradcheck must find what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge_core import Tensor, ops, record
from azuraforge_core.errors import ArgumentError, GradientMismatch
from azuraforge_core.testing import assert_close, gradcheck, plant_sign_error, random_tensor


def planted(factor: float, offset: float = 0.0) -> object:
    """x², with a gradient that is `factor` times the right one plus `offset`."""

    def op(x: Tensor) -> Tensor:
        def vjp(g: np.ndarray) -> tuple[np.ndarray]:
            return (g * (2 * factor * x.data + offset),)

        return record(x.data**2, (x,), vjp)

    return op


def test_the_right_gradient_passes() -> None:
    gradcheck(planted(1.0), [random_tensor((3, 2))])


@pytest.mark.parametrize("wrong", [planted(-1.0), planted(1.0001), planted(0.0), planted(1.0, 1e-3)])
def test_a_planted_error_is_caught(wrong: object) -> None:
    with pytest.raises(GradientMismatch, match="input 0"):
        gradcheck(wrong, [random_tensor((3, 2))])


def test_a_sign_can_be_planted_in_any_op_that_reads_a_leaf() -> None:
    x, y = random_tensor((3, 2)), random_tensor((3, 2), seed=1)

    def function(x: Tensor, y: Tensor) -> Tensor:
        return ops.tanh(x * y) + ops.sum(y)

    gradcheck(function, [x, y])
    for leaf, position in ((x, 0), (y, 1)):
        with pytest.raises(GradientMismatch, match=f"input {position}"):
            gradcheck(plant_sign_error(function, leaf), [x, y])
    gradcheck(plant_sign_error(function, random_tensor((3, 2))), [x, y])  # nobody reads this one
    assert (plant_sign_error(function, x)(x, y).data == function(x, y).data).all()


def test_an_error_in_one_element_is_caught_and_named() -> None:
    def op(x: Tensor) -> Tensor:
        def vjp(g: np.ndarray) -> tuple[np.ndarray]:
            wrong = g.copy()
            wrong[1, 2] *= -1
            return (wrong,)

        return record(x.data * 1, (x,), vjp)

    with pytest.raises(GradientMismatch, match=r"\(1, 2\)"):
        gradcheck(op, [random_tensor((2, 3))])


def test_an_error_in_the_second_result_is_caught() -> None:
    def op(x: Tensor) -> tuple[Tensor, Tensor]:
        return ops.sin(x), planted(-1.0)(x)

    with pytest.raises(GradientMismatch):
        gradcheck(op, [random_tensor((2,))])


def test_a_gradient_that_never_arrives_is_caught() -> None:
    with pytest.raises(GradientMismatch):
        gradcheck(lambda x: x.detach() * 2 + x * 0, [random_tensor((2,))])


def test_a_nan_gradient_is_caught() -> None:
    with pytest.raises(GradientMismatch):
        gradcheck(planted(float("nan")), [random_tensor((2,))])


def test_gradcheck_insists_on_float64_and_something_to_check() -> None:
    with pytest.raises(ArgumentError, match="float64"):
        gradcheck(ops.tanh, [Tensor([1.0], requires_grad=True)])
    with pytest.raises(ArgumentError):
        gradcheck(ops.tanh, [Tensor(np.ones(1))])


def test_gradcheck_leaves_its_inputs_as_they_were() -> None:
    x = random_tensor((3,))
    before = x.data.copy()
    gradcheck(ops.tanh, [x])
    assert (x.data == before).all()


def test_assert_close_refuses_another_shape_and_a_distance() -> None:
    assert_close(np.ones(2), np.ones(2) + 1e-9, tolerance=1e-8)
    with pytest.raises(GradientMismatch, match=r"\(2,\) against \(3,\)"):
        assert_close(np.ones(2), np.ones(3), tolerance=1)
    with pytest.raises(GradientMismatch, match=r"weights at \(1,\)"):
        assert_close(np.array([1.0, 2.0]), np.array([1.0, 2.1]), tolerance=1e-3, what="weights")
