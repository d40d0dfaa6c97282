"""The walk back: accumulation, un-broadcasting, freeing, and every way to misuse it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge_core import Tensor, check_finite, no_grad, ops, record, record_many
from azuraforge_core.errors import (
    NoGradientPath,
    NotFinite,
    NotScalar,
    ShapeError,
    TapeFreed,
    TensorChanged,
    VjpBroken,
)
from azuraforge_core.testing import assert_close, gradcheck, random_tensor


def leaf(*values: float) -> Tensor:
    return Tensor(np.array(values, np.float32), requires_grad=True)


def test_a_result_requires_a_gradient_when_only_the_weights_do() -> None:
    """The old fault: layers that asked their input, so that nothing ever trained."""
    x = Tensor(np.ones((2, 3), np.float32))
    w = Tensor(np.ones((3, 4), np.float32), requires_grad=True)
    b = Tensor(np.ones(4, np.float32), requires_grad=True)
    y = ops.linear(x, w, b)
    assert y.requires_grad
    y.sum().backward()
    assert x.grad is None
    assert w.grad is not None
    assert b.grad is not None


def test_a_result_requires_none_when_no_parent_does() -> None:
    y = Tensor([1.0]) * 2
    assert not y.requires_grad
    assert y.is_leaf


def test_a_tensor_used_twice_gets_both_gradients() -> None:
    x = leaf(3.0)
    (x * x + x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [7.0]


def test_backward_adds_to_grad_and_never_clears_it() -> None:
    x = leaf(1.0, 2.0)
    for _ in range(3):
        (x * 2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6.0, 6.0]


def test_backward_writes_into_a_grad_that_is_already_there() -> None:
    x = leaf(1.0, 2.0)
    flat = np.zeros(4, np.float32)
    x.grad = flat[1:3]
    (x * 3).sum().backward()
    assert flat.tolist() == [0.0, 3.0, 3.0, 0.0]


def test_two_leaves_never_share_one_grad_array() -> None:
    a, b = leaf(1.0), leaf(2.0)
    (a + b).sum().backward()
    assert a.grad is not None
    assert b.grad is not None
    a.grad *= 5
    assert b.grad.tolist() == [1.0]


def test_a_grad_is_not_the_array_that_was_passed_to_backward() -> None:
    x, gradient = leaf(1.0, 2.0), np.ones(2, np.float32)
    (x + 0).backward(gradient)
    gradient[:] = 9
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 1), (2, 3), (1, 1)])
def test_broadcast_operands_get_gradients_of_their_own_shape(shape: tuple[int, ...]) -> None:
    gradcheck(lambda a, b: a * b + a, [random_tensor(shape), random_tensor((4, 2, 3), seed=1)])


def test_broadcasting_an_empty_axis_gives_zeros() -> None:
    a, b = leaf(2.0), Tensor(np.zeros((0, 1), np.float32), requires_grad=True)
    (a * b).sum().backward()
    assert a.grad is not None
    assert a.grad.tolist() == [0.0]
    assert b.grad is not None
    assert b.grad.shape == (0, 1)


def test_a_graph_of_twenty_thousand_ops_needs_no_recursion() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + x
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [20_001.0]


def test_a_deep_graph_that_is_never_walked_can_be_dropped() -> None:
    y = leaf(1.0)
    for _ in range(20_000):
        y = ops.tanh(y)
    del y


def test_a_diamond_is_walked_once_per_op() -> None:
    calls = []
    x = leaf(1.0)

    def counted(parent: Tensor) -> Tensor:
        def vjp(g: np.ndarray) -> tuple[np.ndarray]:
            calls.append(1)
            return (g,)

        return record(parent.data.copy(), (parent,), vjp)

    y = x
    for _ in range(30):
        y = counted(y)
        y = y + y
    y.sum().backward()
    assert len(calls) == 30
    assert x.grad is not None
    assert x.grad[0] == 2.0**30


def test_an_integer_parent_gets_no_gradient() -> None:
    x, k = leaf(1.0, 2.0), Tensor([3, 4])
    (x * k).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 4.0]


def test_gradients_keep_the_dtype_of_their_tensor() -> None:
    a, b = leaf(1.0), random_tensor((1,))
    (a * b).sum().backward()
    assert a.grad is not None
    assert b.grad is not None
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)


def test_only_leaves_keep_a_grad() -> None:
    x = leaf(1.0)
    y = x * 2
    y.sum().backward()
    assert y.grad is None


def test_a_leaf_itself_can_be_walked_from() -> None:
    x = leaf(2.0)
    x.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0]


def test_no_grad_records_nothing_and_ends() -> None:
    x = leaf(1.0)
    with no_grad():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_no_grad_ends_after_an_error_and_decorates() -> None:
    x = leaf(1.0)

    @no_grad()
    def predict() -> Tensor:
        return x * 2

    assert not predict().requires_grad
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * 2).requires_grad


def test_no_grad_of_one_thread_does_not_stop_another() -> None:
    x = leaf(1.0)
    seen = []
    with no_grad():
        other = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        other.start()
        other.join()
    assert seen == [True]


def test_detach_cuts_the_path() -> None:
    x = leaf(3.0)
    (x * x.detach()).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0]


def test_backward_from_many_values_needs_a_gradient() -> None:
    with pytest.raises(NotScalar, match=r"\(2,\)"):
        (leaf(1.0, 2.0) * 2).backward()


def test_backward_refuses_a_gradient_of_another_shape() -> None:
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(np.ones(3, np.float32))


def test_backward_without_a_path_says_so() -> None:
    with pytest.raises(NoGradientPath, match="no_grad"):
        Tensor(1.0).backward()


def test_backward_twice_is_refused_and_names_the_op() -> None:
    y = (leaf(1.0) * 2).sum()
    y.backward()
    with pytest.raises(TapeFreed, match="sum"):
        y.backward()


def test_backward_through_a_part_that_was_freed_is_refused_and_changes_nothing() -> None:
    x = leaf(1.0)
    shared = x * 2
    shared.sum().backward()
    with pytest.raises(TapeFreed, match="multiply"):
        (shared * x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0]


def test_a_retained_tape_can_be_walked_again() -> None:
    x = leaf(1.0)
    y = (x * 2).sum()
    y.backward(retain_tape=True)
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [4.0]


def test_a_parameter_changed_before_backward_is_refused() -> None:
    w = leaf(1.0)
    y = (w * w).sum()
    w.data -= 0.5
    with pytest.raises(TensorChanged, match="multiply"):
        y.backward()
    assert w.grad is None


def test_a_change_through_a_view_is_found_when_it_is_told() -> None:
    flat = np.ones(2, np.float32)
    w = Tensor(flat[:1], requires_grad=True)
    y = (w * w).sum()
    flat -= 0.5
    w.mark_changed()
    with pytest.raises(TensorChanged):
        y.backward()


@pytest.mark.parametrize("wrong", [(), (np.ones(1), np.ones(1)), (np.ones(7),), (np.ones((2, 2)),)])
def test_a_vjp_that_does_not_fit_its_parents_is_refused(wrong: tuple[np.ndarray, ...]) -> None:
    x = leaf(1.0, 2.0, 3.0)

    def broken_op(parent: Tensor) -> Tensor:
        def vjp(g: np.ndarray) -> tuple[np.ndarray, ...]:
            return wrong

        return record(parent.data * 2, (parent,), vjp)

    with pytest.raises(VjpBroken, match="broken_op"):
        broken_op(x).sum().backward()


def test_an_op_with_several_results_gets_none_for_those_not_used() -> None:
    x = leaf(1.0, 2.0)
    seen = []

    def vjp(gradients: tuple[np.ndarray | None, ...]) -> tuple[np.ndarray]:
        seen.append([g is None for g in gradients])
        return (sum(g for g in gradients if g is not None),)

    first, _, third = record_many((x.data * 1, x.data * 1, x.data * 1), (x,), vjp)
    (first + third).sum().backward()
    assert seen == [[False, True, False]]
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 2.0]


def test_check_finite_names_the_op_that_made_nan() -> None:
    x = leaf(-1.0)
    with np.errstate(invalid="ignore"), check_finite(), pytest.raises(NotFinite, match="log: NaN"):
        ops.log(x * 2) + 1


def test_check_finite_names_the_op_whose_gradient_overflowed() -> None:
    x = leaf(0.0)
    with np.errstate(divide="ignore"), check_finite(), pytest.raises(NotFinite, match="sqrt: infinity in a gradient"):
        ops.sqrt(x).sum().backward()


UNARY = (ops.tanh, ops.sigmoid, ops.softplus, ops.sin, ops.square, ops.negative, ops.gelu)
BINARY = (ops.add, ops.subtract, ops.multiply, lambda a, b: a / (b * b + 1), lambda a, b: a @ b.transpose() @ b)
STEP = st.tuples(st.integers(0, 11), st.integers(0, 99), st.integers(0, 99))


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEP, min_size=1, max_size=12), seed=st.integers(0, 1000))
def test_random_graphs_agree_with_finite_differences(steps: list[tuple[int, int, int]], seed: int) -> None:
    def graph(a: Tensor, b: Tensor) -> Tensor:
        known = [a, b]
        for kind, left, right in steps:
            x, y = known[left % len(known)], known[right % len(known)]
            made = UNARY[kind](x) if kind < len(UNARY) else BINARY[kind - len(UNARY)](x, y)
            known.append(ops.tanh(made))  # keeps numbers where finite differences can follow
        return sum(known[2:], start=a)

    gradcheck(graph, [random_tensor((2, 3), seed=seed), random_tensor((2, 3), seed=seed + 1)], tolerance=1e-5)


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_uses_does_not_change_a_gradient(order: list[int]) -> None:
    weights = [0.5, -1.0, 2.0, 0.25, 3.0, -0.125]  # exact in binary: sums agree to the last bit
    x = leaf(2.0)
    total = sum((x * weights[k] for k in order), start=Tensor(np.zeros(1, np.float32)))
    total.sum().backward()
    assert x.grad is not None
    assert_close(x.grad, np.array([sum(weights)]), tolerance=0.0)
