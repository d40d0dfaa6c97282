"""Softmax and the losses of classifiers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, DtypeError, IndexOutOfRange, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

LABELS = np.array([[0, 2], [3, 1], [2, 2]])
WEIGHTS = np.array([0.5, 2.0, 1.0, 0.0])


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("op", [ops.softmax, ops.log_softmax])
def test_gradients_of_softmax(op: Callable[..., Tensor], axis: int) -> None:
    gradcheck(lambda x: op(x, axis=axis), [random_tensor((2, 3, 4))])
    gradcheck(lambda x: op(x.transpose(2, 0, 1), axis=axis), [random_tensor((3, 4, 1))])
    gradcheck(lambda x: op(x, axis=1), [random_tensor((0, 3))])


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_gradients_of_cross_entropy(smoothing: float, weights: np.ndarray | None) -> None:
    logits = random_tensor((3, 2, 4), scale=2.0)
    gradcheck(lambda x: ops.cross_entropy(x, LABELS, smoothing=smoothing, class_weights=weights), [logits])


@pytest.mark.oracle
def test_values_and_gradients_of_pytorch(torch: ModuleType, against_torch: Callable[..., None]) -> None:
    f, x = torch.nn.functional, random_tensor((3, 2, 4), scale=3.0).data
    against_torch(lambda t: ops.softmax(t, axis=1), lambda t: f.softmax(t, 1), [x])
    against_torch(lambda t: ops.log_softmax(t, axis=-1), lambda t: f.log_softmax(t, -1), [x])
    for smoothing, weights in itertools.product([0.0, 0.2], [None, WEIGHTS]):
        against_torch(
            lambda t, s=smoothing, w=weights: ops.cross_entropy(t, LABELS, smoothing=s, class_weights=w),
            lambda t, s=smoothing, w=weights: f.cross_entropy(
                t.movedim(-1, 1),
                torch.tensor(LABELS),
                label_smoothing=s,
                weight=None if w is None else torch.tensor(w, dtype=t.dtype),
            ),
            [x],
        )
    against_torch(
        ops.binary_cross_entropy,
        f.binary_cross_entropy_with_logits,
        [x, 1 / (1 + np.exp(-random_tensor((3, 2, 4), seed=1).data))],
    )


def test_gradients_of_binary_cross_entropy() -> None:
    target = Tensor(np.linspace(0.1, 0.9, 6).reshape(2, 3), requires_grad=True)
    gradcheck(ops.binary_cross_entropy, [random_tensor((2, 3)), target])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_stay_finite_and_exact(dtype: str) -> None:
    x = Tensor(np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]], dtype), requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(ops.softmax(x).data, [[1, 0, 0], [1 / 3] * 3], rtol=1e-6)
        loss = ops.cross_entropy(x, np.array([2, 0]))
        loss.backward()
        target = Tensor(np.array([[0, 0.5, 1], [1, 1, 0]], dtype))
        ops.binary_cross_entropy(x, target).backward()
    assert loss.item() == pytest.approx((2e4 + np.log(3)) / 2, rel=1e-6)
    assert x.grad is not None
    assert x.grad.dtype == np.dtype(dtype)
    assert np.isfinite(x.grad).all()


def test_a_class_ruled_out_by_minus_infinity_costs_nothing() -> None:
    x = Tensor(np.array([[0.0, -np.inf, 1.0]]), requires_grad=True)
    loss = ops.cross_entropy(x, np.array([0]))
    loss.backward()
    assert loss.item() == pytest.approx(np.log(1 + np.e))
    assert x.grad is not None
    assert x.grad[0, 1] == 0


@pytest.mark.parametrize("label", [-1, 4, 100])
def test_a_label_that_is_no_class_is_refused(label: int) -> None:
    with pytest.raises(IndexOutOfRange, match=rf"index {label} is outside of 0\.\.3"):
        ops.cross_entropy(random_tensor((2, 4)), np.array([0, label]))


def test_labels_that_are_no_integers_or_do_not_fit_are_refused() -> None:
    x = random_tensor((2, 4))
    for labels in (np.array([0.0, 1.0]), np.array([True, False])):
        with pytest.raises(DtypeError, match="must be integers"):
            ops.cross_entropy(x, labels)
    for labels in (np.array([0]), np.array([[0, 1]]), np.array(0)):
        with pytest.raises(ShapeError, match=r"\(2, 4\)"):
            ops.cross_entropy(x, labels)
    with pytest.raises(ShapeError):
        ops.cross_entropy(random_tensor((0, 4)), np.zeros(0, int))
    with pytest.raises(DtypeError):
        ops.cross_entropy(Tensor([[1, 2]]), np.array([0]))


@pytest.mark.parametrize("smoothing", [-0.1, 1.1, float("nan")])
def test_smoothing_outside_of_0_to_1_is_refused(smoothing: float) -> None:
    with pytest.raises(ArgumentError, match="smoothing"):
        ops.cross_entropy(random_tensor((1, 2)), np.array([0]), smoothing=smoothing)


def test_class_weights_that_make_no_mean_are_refused() -> None:
    x, labels = random_tensor((2, 3)), np.array([0, 0])
    with pytest.raises(ShapeError, match="one per class"):
        ops.cross_entropy(x, labels, class_weights=np.ones(2))
    for weights in ([0.0, 1.0, 1.0], [1.0, -1.0, 1.0]):
        with pytest.raises(ArgumentError, match="class_weights"):
            ops.cross_entropy(x, labels, class_weights=np.array(weights))


def test_binary_targets_are_probabilities_of_the_same_shape() -> None:
    for wrong in (1.1, -0.1, float("nan")):
        with pytest.raises(ArgumentError, match="outside of 0 to 1"):
            ops.binary_cross_entropy(Tensor([1.0]), Tensor([wrong]))
    with pytest.raises(ShapeError, match=r"\(2, 1\).*\(2,\)"):
        ops.binary_cross_entropy(Tensor([[1.0], [2.0]]), Tensor([1.0, 0.0]))


def test_softmax_of_nothing_is_refused() -> None:
    with pytest.raises(ShapeError, match="empty"):
        ops.softmax(Tensor(np.zeros((2, 0), np.float32)))
