"""Normalisations: PyTorch's modules agree, in training and in use; running averages are kept, saved and restored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator, Tensor
from azuraforge_core.errors import DtypeError, GradientMismatch, ShapeError
from azuraforge_core.testing import assert_close
from azuraforge_learner import (
    MSE,
    SGD,
    ArrayDataset,
    DataLoader,
    Learner,
    load_bundle,
    load_checkpoint,
    save_bundle,
    save_checkpoint,
)
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import BatchNorm, GroupNorm, Layer, LayerNorm, Linear, RMSNorm, Sequential


def same(array: Array) -> Array:
    return array


WEIGHT = {"weight": ("weight", same)}
ALL = [lambda: BatchNorm(3), lambda: LayerNorm(3), lambda: GroupNorm(1, 3), lambda: RMSNorm(3)]
AFFINE = WEIGHT | {"bias": ("bias", same)}


def scattered(layer: Layer) -> Layer:
    """The layer with weights that differ from each other, so that an exchange shows."""
    for k, parameter in enumerate(layer.parameters().values()):
        parameter.data = Generator(20 + k).normal(parameter.shape)
    return layer


def numbers(*shape: int) -> Array:
    return Generator(2).normal(shape, mean=3.0, std=2.0, dtype=np.float64)


@pytest.mark.oracle
@pytest.mark.parametrize("shape", [(1, 5), (4, 5), (2, 3, 5)], ids=str)
@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_layer_and_rms_norm_equal_torch(torch: Any, parity: Any, shape: tuple[int, ...], epsilon: float) -> None:
    layer_norm, rms_norm = torch.nn.LayerNorm(5, eps=epsilon), torch.nn.RMSNorm(5, eps=epsilon)
    parity.check(lambda: scattered(LayerNorm(5, epsilon=epsilon)), layer_norm, numbers(*shape), names=AFFINE)
    parity.check(lambda: scattered(RMSNorm(5, epsilon=epsilon)), rms_norm, numbers(*shape), names=WEIGHT)


@pytest.mark.oracle
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("shape", [(2, 4), (2, 5, 4), (2, 3, 2, 4)], ids=str)
def test_group_norm_equals_torch(torch: Any, parity: Any, groups: int, shape: tuple[int, ...]) -> None:
    if len(shape) == 2 and groups == 4:
        shape = (2, 1, 4)  # PyTorch refuses a group of one number without an axis of places
    peer = torch.nn.GroupNorm(groups, 4)
    parity.check(lambda: scattered(GroupNorm(groups, 4)), peer, numbers(*shape), names=AFFINE, is_image=True)


@pytest.mark.oracle
@pytest.mark.parametrize("is_training", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (2, 4, 3), (2, 4, 2, 3)], ids=str)
def test_batch_norm_equals_torch(torch: Any, parity: Any, shape: tuple[int, ...], is_training: bool) -> None:
    peer = [torch.nn.BatchNorm1d, torch.nn.BatchNorm1d, torch.nn.BatchNorm2d][len(shape) - 2](3, momentum=0.3)
    mean, variance = np.array([0.5, -1.0, 2.0], np.float32), np.array([0.3, 1.0, 4.0], np.float32)

    def make() -> Layer:
        layer = scattered(BatchNorm(3, momentum=0.3))
        layer.load_arrays(layer.arrays() | {"running_mean": mean, "running_variance": variance})
        peer.running_mean.copy_(torch.tensor(mean))
        peer.running_var.copy_(torch.tensor(variance))
        return layer.train() if is_training else layer.eval()

    parity.check(make, peer, numbers(*shape), names=AFFINE, is_image=True)


@pytest.mark.oracle
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_running_averages_equal_torch_over_100_batches(torch: Any, dtype: str, tolerance: float) -> None:
    layer, peer = BatchNorm(3).cast(dtype), torch.nn.BatchNorm1d(3).to(getattr(torch, dtype))
    for step in range(100):
        x = Generator(step).normal((4, 3), mean=step / 50, std=1 + step / 100, dtype=np.float64).astype(dtype)
        layer(Tensor(x))
        peer(torch.tensor(x))
    assert layer.running_mean.dtype == dtype
    assert_close(layer.running_mean, peer.running_mean.numpy(), tolerance=tolerance)
    assert_close(layer.running_variance, peer.running_var.numpy(), tolerance=tolerance)


@pytest.mark.oracle
def test_a_variance_of_the_wrong_kind_would_be_noticed(torch: Any) -> None:
    class Planted(BatchNorm):
        """Keeps the variance that divides by the count, not by one less."""

        def forward(self, x: Tensor) -> Tensor:
            y = super().forward(x)
            self.running_variance *= (len(x) - 1) / len(x)
            return y

    layer, peer = Planted(3, momentum=1.0).cast("float64"), torch.nn.BatchNorm1d(3, momentum=1.0).double()
    layer(Tensor(numbers(4, 3)))
    peer(torch.tensor(numbers(4, 3)))
    with pytest.raises(GradientMismatch):
        assert_close(layer.running_variance, peer.running_var.numpy(), tolerance=1e-12)


def test_use_does_not_move_the_running_averages() -> None:
    layer = BatchNorm(3)
    layer(Tensor(numbers(4, 3).astype(np.float32)))
    before = {name: buffer.copy() for name, buffer in layer.buffers().items()}
    layer.eval()(Tensor(numbers(2, 3).astype(np.float32)))
    assert all(np.array_equal(before[name], buffer) for name, buffer in layer.buffers().items())
    assert before["running_mean"].all()


def make_training() -> tuple[Learner, DataLoader]:
    g = Generator(3)
    model = Sequential(Linear(3, 4, generator=g), BatchNorm(4), Linear(4, 1, generator=g))
    x = Generator(4).normal((12, 3))
    learner = Learner(model, loss=MSE(), optimizer=SGD(model, learning_rate=0.05), seed=1)
    return learner, DataLoader(ArrayDataset(x, x[:, :1] * 2), batch_size=4, is_shuffled=True)


def test_a_resumed_training_has_the_same_running_averages(tmp_path: Path) -> None:
    straight, loader = make_training()
    straight.fit(loader, epochs=3)
    first, loader = make_training()
    first.fit(loader, epochs=1)
    save_checkpoint(first, tmp_path / "saved")
    second, loader = make_training()
    load_checkpoint(second, tmp_path / "saved")
    second.fit(loader, epochs=3)
    own, other = straight.model.arrays(), second.model.arrays()
    assert {"1.running_mean", "1.running_variance"} <= own.keys()
    assert all(np.array_equal(own[name], other[name]) for name in own)


def test_a_bundle_carries_the_running_averages(tmp_path: Path) -> None:
    learner, loader = make_training()
    learner.fit(loader, epochs=2)
    assert isinstance(learner.model, Sequential)
    save_bundle(tmp_path / "b", model=learner.model, preprocess={}, signature={}, manifest={}, card="")
    x = Generator(9).normal((5, 3))
    assert np.array_equal(load_bundle(tmp_path / "b").predict(x), learner.predict(x))


@pytest.mark.parametrize(
    "make", [lambda: BatchNorm(3), lambda: LayerNorm(3), lambda: GroupNorm(1, 3), lambda: RMSNorm(3)]
)
def test_zero_variance_and_huge_values_stay_finite(make: Callable[[], Layer]) -> None:
    for values in (np.zeros((4, 3)), np.full((4, 3), 7.0), numbers(4, 3) * 1e4):
        x = Tensor(values.astype(np.float32), requires_grad=True)
        y = make()(x)
        y.sum().backward()
        assert np.isfinite(y.data).all()
        assert np.isfinite(x.grad).all()


@pytest.mark.parametrize(
    "make", [lambda: BatchNorm(3), lambda: LayerNorm(3), lambda: GroupNorm(1, 3), lambda: RMSNorm(3)]
)
def test_what_does_not_fit_is_refused(make: Callable[[], Layer]) -> None:
    layer = make()
    with pytest.raises(ShapeError, match=r"x \(4, 2\), w \(3,\).*needed are"):
        layer(Tensor(np.zeros((4, 2), np.float32)))
    with pytest.raises(LayerInvalid, match=r"takes 3 (features|channels) on the last axis, not shape \(5, 2\)"):
        layer.spec.shape_of(layer.settings(), (5, 2))
    with pytest.raises(DtypeError, match="x float64"):
        layer(Tensor(np.zeros((4, 3))))


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(LayerInvalid, match="groups must divide channels: 2 against 3"):
        GroupNorm(2, 3)
    with pytest.raises(LayerInvalid, match="epsilon must be at least 1e-12"):
        LayerNorm(3, epsilon=0.0)
    with pytest.raises(LayerInvalid, match="momentum must be at most 1"):
        BatchNorm(3, momentum=1.5)


def test_a_batch_of_one_row_cannot_train_a_batch_norm() -> None:
    layer = BatchNorm(3)
    with pytest.raises(ShapeError, match="fewer than two values per channel"):
        layer(Tensor(np.zeros((1, 3), np.float32)))
    assert layer.eval()(Tensor(np.zeros((1, 3), np.float32))).shape == (1, 3)
