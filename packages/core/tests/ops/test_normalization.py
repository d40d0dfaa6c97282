"""Normalisations: finite differences, PyTorch, zero variance and large means."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Tensor, ops
from azuraforge_core.errors import ArgumentError, DtypeError, ShapeError
from azuraforge_core.testing import gradcheck, random_tensor

SHAPES = [(3, 4), (2, 5, 4), (2, 3, 3, 4)]


def affine(*shape: int) -> list[Tensor]:
    return [random_tensor(shape, seed=1), random_tensor(shape, seed=2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients(shape: tuple[int, ...]) -> None:
    x = random_tensor(shape)
    w, b = affine(4)
    gradcheck(ops.layer_norm, [x, w, b])
    gradcheck(lambda x, w, b: ops.batch_norm(x, w, b)[0], [x, w, b])
    gradcheck(lambda x, w, b: ops.group_norm(x, w, b, groups=2), [x, w, b])
    gradcheck(ops.rms_norm, [x, w])
    mean, variance = random_tensor((4,), seed=3).data, np.abs(random_tensor((4,), seed=4).data)
    gradcheck(lambda x, w, b: ops.batch_norm_fixed(x, w, b, mean=mean, variance=variance), [x, w, b])


def test_gradients_over_several_axes_and_views() -> None:
    gradcheck(ops.layer_norm, [random_tensor((2, 3, 4)), *affine(3, 4)])
    gradcheck(lambda x, w, b: ops.layer_norm(x.transpose(2, 0, 1), w, b), [random_tensor((3, 4, 2)), *affine(4)])
    gradcheck(ops.layer_norm, [random_tensor((0, 4)), *affine(4)])


@pytest.mark.oracle
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values_and_gradients_of_pytorch(
    shape: tuple[int, ...], torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    f = torch.nn.functional
    arrays = [random_tensor(shape, scale=3.0, shift=2.0).data, *(t.data for t in affine(4))]

    def first(x: object) -> object:
        return x.movedim(-1, 1)

    against_torch(ops.layer_norm, lambda x, w, b: f.layer_norm(x, (4,), w, b), arrays)
    against_torch(
        lambda x, w, b: ops.batch_norm(x, w, b)[0],
        lambda x, w, b: f.batch_norm(first(x), None, None, w, b, training=True).movedim(1, -1),
        arrays,
    )
    against_torch(
        lambda x, w, b: ops.group_norm(x, w, b, groups=2),
        lambda x, w, b: f.group_norm(first(x), 2, w, b).movedim(1, -1),
        arrays,
    )
    against_torch(ops.rms_norm, lambda x, w: f.rms_norm(x, (4,), w, 1e-6), arrays[:2])


@pytest.mark.oracle
def test_batch_norm_answers_the_statistics_that_pytorch_averages(torch: ModuleType) -> None:
    x = random_tensor((6, 4), scale=2.0, shift=1.0)
    layer = torch.nn.BatchNorm1d(4, momentum=1.0, dtype=torch.float64)
    layer(torch.tensor(x.data))
    _, mean, variance = ops.batch_norm(x, *affine(4))
    np.testing.assert_allclose(mean, layer.running_mean.numpy(), atol=1e-12)
    np.testing.assert_allclose(variance * 6 / 5, layer.running_var.numpy(), atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zero_variance_and_zero_input_stay_finite(dtype: str) -> None:
    x = Tensor(np.full((4, 6), 3.0, dtype), requires_grad=True)
    w, b = (Tensor(t.data.astype(dtype), requires_grad=True) for t in affine(6))
    for y in (ops.layer_norm(x, w, b), ops.batch_norm(x, w, b)[0], ops.group_norm(x, w, b, groups=3)):
        np.testing.assert_allclose(y.data, np.broadcast_to(b.data, (4, 6)), atol=1e-6)
        y.sum().backward()
    ops.rms_norm(x * 0, w).sum().backward()
    for t in (x, w):
        assert t.grad is not None
        assert t.grad.dtype == np.dtype(dtype)
        assert np.isfinite(t.grad).all()


def test_a_large_mean_costs_no_digits() -> None:
    small = random_tensor((4, 64)).data.astype(np.float32)
    ones, zeros = Tensor(np.ones(64, np.float32)), Tensor(np.zeros(64, np.float32))
    shifted = ops.layer_norm(Tensor((small * 64).round() / 64 + 4096), ones, zeros)
    plain = ops.layer_norm(Tensor((small * 64).round() / 64), ones, zeros)
    np.testing.assert_allclose(shifted.data, plain.data, atol=2e-3)


def test_what_does_not_fit_is_refused() -> None:
    x, (w, b) = random_tensor((3, 4)), affine(4)
    for op in (ops.layer_norm, ops.batch_norm):
        with pytest.raises(ShapeError, match=r"needed are"):
            op(x, *affine(3))
        with pytest.raises(ShapeError, match=r"needed are"):
            op(x, w, affine(1)[0])
        with pytest.raises(DtypeError, match="float32"):
            op(Tensor(x.data.astype(np.float32)), w, b)
    with pytest.raises(ShapeError, match="fewer than two"):
        ops.batch_norm(x[:1], w, b)
    with pytest.raises(ArgumentError, match="3 groups do not divide 4"):
        ops.group_norm(x, w, b, groups=3)
    with pytest.raises(ArgumentError, match="0 groups"):
        ops.group_norm(x, w, b, groups=0)
    with pytest.raises(ShapeError, match="rms_norm"):
        ops.rms_norm(x, affine(3)[0])
    with pytest.raises(ShapeError, match="mean"):
        ops.batch_norm_fixed(x, w, b, mean=np.zeros(3), variance=np.ones(4))


@pytest.mark.parametrize("epsilon", [0.0, -1.0, float("nan"), float("inf")])
def test_an_epsilon_that_is_not_above_zero_is_refused(epsilon: float) -> None:
    x, (w, b) = random_tensor((2, 4)), affine(4)
    mean = variance = np.ones(4)
    ops_of = {
        "layer_norm": lambda: ops.layer_norm(x, w, b, epsilon=epsilon),
        "add_layer_norm": lambda: ops.add_layer_norm(x, x, w, b, epsilon=epsilon),
        "batch_norm": lambda: ops.batch_norm(x, w, b, epsilon=epsilon),
        "batch_norm_fixed": lambda: ops.batch_norm_fixed(x, w, b, mean=mean, variance=variance, epsilon=epsilon),
        "group_norm": lambda: ops.group_norm(x, w, b, groups=2, epsilon=epsilon),
        "rms_norm": lambda: ops.rms_norm(x, w, epsilon=epsilon),
    }

    for name, compute in ops_of.items():
        with pytest.raises(ArgumentError, match=f"^{name}: epsilon is {epsilon}"):
            compute()
