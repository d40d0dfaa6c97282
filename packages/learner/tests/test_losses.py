"""Losses: the formula, the gradient, and no silent broadcast."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Device, Generator, Tensor, to_device, to_host
from azuraforge_core.errors import ArgumentError, DtypeError, GradientMismatch, IndexOutOfRange, ShapeError
from azuraforge_core.testing import assert_close, gradcheck
from azuraforge_learner import (
    MAE,
    MSE,
    SGD,
    Adam,
    ArrayDataset,
    BinaryCrossEntropy,
    CrossEntropy,
    DataLoader,
    Focal,
    Huber,
    Learner,
    Loss,
    Quantile,
)
from azuraforge_learner.errors import LearnerError
from azuraforge_learner.layers import Linear, Parameter, ReLU, Sequential

LOSSES: list[Loss] = [MSE(), MAE(), Huber(), Huber(delta=0.3), Quantile(0.5), Quantile(0.9)]
WEIGHTS = (0.5, 1.0, 3.0)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_equals_finite_differences(loss: Loss) -> None:
    g = Generator(1)
    prediction = Tensor(g.normal((4, 2), dtype=np.float64), requires_grad=True)
    gradcheck(loss, [prediction, Tensor(g.normal((4, 2), dtype=np.float64))])


def test_values() -> None:
    prediction, target = Tensor(np.array([[0.0], [3.0]])), Tensor(np.array([[0.5], [0.0]]))
    assert float(MSE()(prediction, target)) == pytest.approx((0.25 + 9) / 2)
    assert float(MAE()(prediction, target)) == pytest.approx(1.75)
    assert float(Huber(delta=1.0)(prediction, target)) == pytest.approx((0.125 + 2.5) / 2)


@pytest.mark.parametrize("loss", LOSSES)
def test_column_against_row_is_refused(loss: Loss) -> None:
    with pytest.raises(ShapeError):
        loss(Tensor(np.zeros((4, 1))), Tensor(np.zeros(4)))


@pytest.mark.parametrize("delta", [0.0, -1.0, float("nan")])
def test_huber_needs_a_width(delta: float) -> None:
    with pytest.raises(LearnerError, match="delta"):
        Huber(delta=delta)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


LABELLED: dict[str, tuple[Loss, Callable[[Any, Any, Any], Any]]] = {
    "cross-entropy": (CrossEntropy(), lambda t, x, y: t.nn.functional.cross_entropy(x, y)),
    "smoothed": (
        CrossEntropy(smoothing=0.2),
        lambda t, x, y: t.nn.functional.cross_entropy(x, y, label_smoothing=0.2),
    ),
    "weighted": (
        CrossEntropy(class_weights=WEIGHTS),
        lambda t, x, y: t.nn.functional.cross_entropy(x, y, weight=t.tensor(WEIGHTS, dtype=x.dtype)),
    ),
    "smoothed and weighted": (
        CrossEntropy(smoothing=0.1, class_weights=WEIGHTS),
        lambda t, x, y: t.nn.functional.cross_entropy(
            x, y, weight=t.tensor(WEIGHTS, dtype=x.dtype), label_smoothing=0.1
        ),
    ),
    "focal": (Focal(), lambda t, x, y: peer_focal(t, x, y, gamma=2.0)),
    "focal of gamma 0.5": (Focal(gamma=0.5), lambda t, x, y: peer_focal(t, x, y, gamma=0.5)),
    "focal of gamma 0 is cross-entropy": (Focal(gamma=0.0), lambda t, x, y: t.nn.functional.cross_entropy(x, y)),
    "focal, weighted": (
        Focal(gamma=1.5, class_weights=WEIGHTS),
        lambda t, x, y: peer_focal(t, x, y, gamma=1.5, weights=WEIGHTS),
    ),
}


def peer_focal(t: Any, x: Any, y: Any, *, gamma: float, weights: tuple[float, ...] = (1.0, 1.0, 1.0)) -> Any:
    log_p = -t.nn.functional.cross_entropy(x, y, reduction="none")
    return (-t.tensor(weights, dtype=x.dtype)[y] * (1 - log_p.exp()) ** gamma * log_p).mean()


@pytest.mark.oracle
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
@pytest.mark.parametrize("name", list(LABELLED))
def test_labels_equal_torch(torch: Any, name: str, dtype: str, tolerance: float) -> None:
    loss, peer = LABELLED[name]
    values = Generator(1).normal((7, 3), std=2.0, dtype=np.float64).astype(dtype)
    labels = Generator(2).integers((7,), high=3)
    ours, theirs = Tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
    found, expected = loss(ours, Tensor(labels)), peer(torch, theirs, torch.tensor(labels))
    found.backward()
    expected.backward()
    assert_close(found, expected.detach().numpy(), tolerance=tolerance)
    assert ours.grad is not None
    assert ours.grad.dtype == dtype
    assert_close(ours.grad, theirs.grad.numpy(), tolerance=tolerance)


@pytest.mark.oracle
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
def test_binary_cross_entropy_and_quantiles_equal_torch(torch: Any, dtype: str, tolerance: float) -> None:
    values = Generator(1).normal((5, 2), std=3.0, dtype=np.float64).astype(dtype)
    target = sigmoid(Generator(2).normal((5, 2), dtype=np.float64)).astype(dtype)

    def pinball(x: Any, y: Any) -> Any:
        return torch.maximum(0.9 * (y - x), -0.1 * (y - x)).mean()

    pairs = [
        (BinaryCrossEntropy(), torch.nn.BCEWithLogitsLoss()),
        (Quantile(0.9), pinball),
        (Quantile(0.5), lambda x, y: 0.5 * torch.nn.functional.l1_loss(x, y)),
    ]
    for loss, peer in pairs:
        ours, theirs = Tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
        found, expected = loss(ours, Tensor(target)), peer(theirs, torch.tensor(target))
        found.backward()
        expected.backward()
        assert_close(found, expected.detach().numpy(), tolerance=tolerance)
        assert ours.grad is not None
        assert_close(ours.grad, theirs.grad.numpy(), tolerance=tolerance)


def test_a_planted_sign_would_be_noticed() -> None:
    class Planted(Quantile):
        """Weighs what is missing as if it were too much."""

        def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
            return super().__call__(target, prediction)

    x, y = Tensor(np.array([1.0, 2.0])), Tensor(np.array([2.0, 0.0]))
    with pytest.raises(GradientMismatch):
        assert_close(Planted(0.9)(x, y), Quantile(0.9)(x, y).data, tolerance=1e-12)


@pytest.mark.parametrize("name", list(LABELLED))
def test_label_gradients_equal_finite_differences(name: str) -> None:
    x = Tensor(Generator(3).normal((2, 4, 3), dtype=np.float64), requires_grad=True)
    labels = Tensor(Generator(4).integers((2, 4), high=3))
    gradcheck(lambda x: LABELLED[name][0](x, labels), [x])


@pytest.mark.parametrize("name", [*LABELLED, "binary"])
def test_extreme_scores_stay_finite(name: str) -> None:
    loss = BinaryCrossEntropy() if name == "binary" else LABELLED[name][0]
    for dtype in (np.float32, np.float64):
        x = Tensor(np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]], dtype), requires_grad=True)
        target = Tensor(np.array([[1, 0, 1], [0, 1, 0]], dtype)) if name == "binary" else Tensor(np.array([0, 0]))
        value = loss(x, target)
        value.backward()
        assert np.isfinite(value.data)
        assert x.grad is not None
        assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("loss", [CrossEntropy(), Focal(), Focal(class_weights=WEIGHTS)])
def test_labels_that_are_no_class_are_refused(loss: Loss) -> None:
    x = Tensor(np.zeros((2, 3), np.float32))
    for wrong in (-1, 3):
        with pytest.raises(IndexOutOfRange, match=rf"index {wrong} is outside of 0\.\.2"):
            loss(x, Tensor(np.array([0, wrong])))
    with pytest.raises(DtypeError, match="must be integers"):
        loss(x, Tensor(np.array([0.0, 1.0])))
    with pytest.raises(ShapeError, match=r"\(2, 3\).*\(2, 1\)"):
        loss(x, Tensor(np.array([[0], [1]])))
    with pytest.raises(ShapeError):
        loss(Tensor(np.zeros((0, 3), np.float32)), Tensor(np.zeros(0, np.int64)))


def test_weights_that_do_not_fit_are_refused() -> None:
    x, labels = Tensor(np.zeros((2, 3), np.float32)), Tensor(np.array([0, 1]))
    for loss in (CrossEntropy(class_weights=(1, 2)), Focal(class_weights=(1, 2))):
        with pytest.raises(ShapeError, match=r"class_weights \(2,\); needed is \(3,\)"):
            loss(x, labels)
    with pytest.raises(ArgumentError, match="outside of 0 to 1"):
        BinaryCrossEntropy()(Tensor(np.zeros(2)), Tensor(np.array([0.5, 1.5])))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CrossEntropy(smoothing=1.0), "smoothing"),
        (lambda: CrossEntropy(class_weights=(1, -1)), "class_weights"),
        (lambda: Focal(class_weights=(0, 0)), "class_weights"),
        (lambda: Focal(class_weights=(float("nan"), 1)), "class_weights"),
        (lambda: Focal(gamma=-1.0), "gamma"),
        (lambda: Focal(gamma=float("inf")), "gamma"),
        (lambda: Quantile(1.0), "level"),
        (lambda: Quantile(float("nan")), "level"),
    ],
)
def test_impossible_losses_are_refused(make: Callable[[], Loss], words: str) -> None:
    with pytest.raises(LearnerError, match=words):
        make()


def test_a_quantile_is_what_its_loss_finds() -> None:
    samples = np.sort(Generator(5).normal((1_001, 1), dtype=np.float64), axis=0)
    guess = Parameter(np.zeros(()))
    optimizer = SGD([guess], learning_rate=0.5)
    ones = Tensor(np.ones((1_001, 1)))
    for _ in range(300):
        optimizer.zero_grad()
        Quantile(0.8)(ones * guess, Tensor(samples)).backward()
        optimizer.step()
    assert (samples < guess.data).mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("loss", [CrossEntropy(smoothing=0.05), Focal()])
def test_a_learner_trains_a_classifier(loss: Loss) -> None:
    x = Generator(6).normal((120, 2))
    labels = ((x[:, 0] > 0) + 2 * (x[:, 1] > 0)).astype(np.int64)
    g = Generator(7)
    model = Sequential(Linear(2, 16, generator=g), ReLU(), Linear(16, 4, generator=g))
    learner = Learner(model, loss=loss, optimizer=Adam(model, learning_rate=0.03))
    learner.fit(DataLoader(ArrayDataset(x, labels), batch_size=20), epochs=30)
    assert (learner.predict(x).argmax(axis=1) == labels).mean() > 0.95


def lost(loss: Loss, target: Array, device: Device, *, classes: int) -> list[Array]:
    """The loss and its gradient on `device`; labels stay on the host, as the Learner leaves them."""
    prediction = Tensor(to_device(Generator(1).normal((6, classes)), device), requires_grad=True)
    value = loss(prediction, Tensor(to_device(target, device) if target.dtype.kind == "f" else target))
    value.backward()
    assert prediction.grad is not None
    return [to_host(value.data), to_host(prediction.grad)]


@pytest.mark.parametrize(
    "loss",
    [
        *LOSSES,
        BinaryCrossEntropy(),
        CrossEntropy(),
        CrossEntropy(smoothing=0.1, class_weights=WEIGHTS),
        Focal(),
        Focal(gamma=0.5, class_weights=WEIGHTS),
    ],
)
def test_another_device_loses_the_same_and_keeps_nobody_waiting(other_device: Any, loss: Loss) -> None:
    is_classifying = isinstance(loss, CrossEntropy | Focal)
    target = Generator(2).integers((6,), high=3) if is_classifying else Generator(2).uniform((6, 3))
    theirs, ours = (lost(loss, target, device, classes=3) for device in (Device.GPU, Device.CPU))
    if other_device.double is not None:
        assert other_device.double.syncs == 2  # what was read at the end
    for number, (found, wanted) in enumerate(zip(theirs, ours, strict=True)):
        other_device.compare(found, wanted, what=f"array {number}")
