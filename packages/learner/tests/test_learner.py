"""The loop: it learns, it repeats itself for a seed, and it stops where it is told."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from azuraforge_core import Device, Generator, to_host
from azuraforge_core.device_double import pretend_gpu
from azuraforge_learner import (
    MSE,
    SGD,
    Adam,
    ArrayDataset,
    CosineDecay,
    CrossEntropy,
    DataLoader,
    Huber,
    Learner,
    load_checkpoint,
    save_checkpoint,
)
from azuraforge_learner.callbacks import Callback, EarlyStopping, WeightAverage
from azuraforge_learner.errors import DataInvalid, Diverged, OptimizerInvalid
from azuraforge_learner.layers import LSTM, BatchNorm, Dropout, Linear, ReLU, Sequential, Tanh
from azuraforge_learner.training import Training


class StopAt(Callback):
    def __init__(self, step: int, reason: str = "cancel") -> None:
        self.step = step
        self.reason = reason

    def on_batch_end(self, training: Training) -> None:
        if training.step == self.step:
            training.stop(self.reason)


def weights_of(learner: Learner) -> bytes:
    return b"".join(array.tobytes() for array in learner.model.arrays().values())


def test_every_parameter_of_a_whole_model_moves(small_training: Callable) -> None:
    training = small_training()
    before = {name: array.copy() for name, array in training.learner.model.arrays().items()}
    training.fit(1)
    for name, array in training.learner.model.arrays().items():
        assert not np.array_equal(array, before[name]), f"{name} did not move"


def test_same_seed_same_weights_other_seed_other_weights(small_training: Callable) -> None:
    first, again, other = (small_training(seed=seed).fit(2) for seed in (7, 7, 8))
    assert weights_of(first) == weights_of(again)
    assert first.history.rows == again.history.rows
    assert weights_of(first) != weights_of(other)


def test_learns_xor() -> None:
    g = Generator(5)
    model = Sequential(Linear(2, 8, generator=g), Tanh(), Linear(8, 1, generator=g))
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    y = np.array([[0], [1], [1], [0]], dtype=np.float32)
    learner = Learner(model, loss=MSE(), optimizer=Adam(model, learning_rate=0.05))
    learner.fit(DataLoader(ArrayDataset(x, y), batch_size=4), epochs=200)
    assert (np.round(learner.predict(x)) == y).all()


def test_lstm_learns_the_adding_problem() -> None:
    """Two marked numbers among 12 must be added (Hochreiter 1997); the naive answer, always 1, has an error of 1/6."""
    g, n = Generator(1), 600
    numbers = g.uniform((900, 12))
    marks = np.zeros_like(numbers)
    for row, mark in enumerate(marks):
        mark[[row % 6, 6 + (row * 7) % 6]] = 1
    x, y = np.stack([numbers, marks], axis=2), (numbers * marks).sum(axis=1, keepdims=True)
    model = Sequential(LSTM(2, 16, generator=g), Linear(16, 1, generator=g))
    learner = Learner(model, loss=MSE(), optimizer=Adam(model, learning_rate=0.02), clip_norm=1.0, seed=3)
    learner.fit(DataLoader(ArrayDataset(x[:n], y[:n]), batch_size=30, is_shuffled=True), epochs=16)
    test_loss = learner.evaluate(DataLoader(ArrayDataset(x[n:], y[n:]), batch_size=100))["loss"]
    assert test_loss < (1 / 6) / 10


def test_lstm_predicts_a_sine_better_than_the_last_value() -> None:
    g = Generator(2)
    wave = np.sin(np.arange(420) * 0.4).astype(np.float32)
    x = np.stack([wave[i : i + 12] for i in range(400)])[:, :, None]
    y = wave[12:412, None]
    model = Sequential(LSTM(1, 16, generator=g), Dropout(0.05), Linear(16, 1, generator=g))
    learner = Learner(model, loss=Huber(), optimizer=Adam(model, learning_rate=0.01))
    learner.fit(DataLoader(ArrayDataset(x[:300], y[:300]), batch_size=32, is_shuffled=True), epochs=15)
    error = np.abs(learner.predict(x[300:]) - y[300:]).mean()
    naive = np.abs(x[300:, -1] - y[300:]).mean()
    assert error < naive / 3


@pytest.mark.parametrize("step", [1, 2, 3, 4, 7])
def test_stops_after_the_very_batch(small_training: Callable, step: int) -> None:
    learner = small_training([StopAt(step)]).fit(3)
    assert (learner.step, learner.stop_reason, learner.is_finished) == (step, "cancel", False)


def test_a_stopped_learner_goes_on_where_it_was(small_training: Callable) -> None:
    straight = small_training().fit(3)
    training = small_training([StopAt(4)])
    training.fit(3)
    assert weights_of(training.fit(3)) == weights_of(straight)


def test_more_epochs_may_be_added_later(small_training: Callable) -> None:
    training = small_training()
    assert training.fit(2).is_finished
    assert len(training.fit(3).history.rows) == 3


def test_a_model_left_in_use_trains_with_dropout_all_the_same(small_training: Callable) -> None:
    training = small_training()
    training.learner.model.eval()
    assert weights_of(training.fit(1)) == weights_of(small_training().fit(1))


def test_predict_and_evaluate_are_in_use_and_change_nothing(small_training: Callable) -> None:
    training = small_training()
    learner = training.fit(1)
    learner.model.train()
    x, y = training.validation.dataset.arrays
    states = [generator.state() for generator in learner.model.generators().values()]
    assert np.array_equal(learner.predict(x), learner.predict(x))
    np.testing.assert_allclose(learner.predict(x, batch_size=1), learner.predict(x, batch_size=100), atol=1e-6)
    values = learner.evaluate(training.validation)
    assert values["mae"] == pytest.approx(float(np.abs(learner.predict(x) - y).mean()), rel=1e-5)
    assert [generator.state() for generator in learner.model.generators().values()] == states
    assert learner.model.is_training
    assert all(parameter.grad is not None for parameter in learner.model.parameters().values())


def test_prediction_leaves_no_tape(small_training: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = small_training().fit(1)
    answers = []
    forward = learner.model.forward
    monkeypatch.setattr(learner.model, "forward", lambda x: answers.append(forward(x)) or answers[-1])
    learner.predict(np.zeros((2, 4, 2), np.float32))
    assert all(answer.node is None and not answer.requires_grad for answer in answers)


def test_evaluating_the_training_data_in_the_middle_disturbs_nothing(small_training: Callable) -> None:
    class Evaluate(Callback):
        def on_batch_end(self, training: Training) -> None:
            disturbed.learner.evaluate(disturbed.train)

    disturbed = small_training([Evaluate()])
    assert weights_of(disturbed.fit(2)) == weights_of(small_training().fit(2))


def test_mean_loss_weighs_samples_not_batches() -> None:
    model = Sequential(Linear(1, 1, generator=Generator(0)))
    x = np.arange(5, dtype=np.float32)[:, None]
    learner = Learner(model, loss=MSE(), optimizer=SGD(model, learning_rate=1e-12))
    loader = DataLoader(ArrayDataset(x, x * 3), batch_size=2)
    learner.fit(loader, epochs=1)
    whole = float(((learner.predict(x) - x * 3) ** 2).mean())
    assert learner.metrics["loss"] == pytest.approx(whole, rel=1e-5)
    assert learner.evaluate(loader)["loss"] == pytest.approx(whole, rel=1e-5)


def test_clipping_and_schedule_reach_the_optimizer(small_training: Callable) -> None:
    rates = []

    class Watch(Callback):
        def on_batch_end(self, training: Training) -> None:
            rates.append(training.optimizer.learning_rate)
            assert np.linalg.norm(training.optimizer.flat.gradients) <= 0.5 * (1 + 1e-5)

    small_training([Watch()]).fit(2)
    assert rates == pytest.approx([0.01, 0.02, 0.02, 0.017071, 0.01, 0.002929], rel=1e-4)


@pytest.mark.parametrize("accumulation", [2, 3, 6, 50])
def test_parts_of_a_batch_train_as_the_batch_does(accumulation: int) -> None:
    def weights(parts: int) -> list[np.ndarray]:
        g = Generator(3)
        model = Sequential(Linear(3, 4, generator=g), Tanh(), Linear(4, 1, generator=g)).cast("float64")
        x = g.normal((16, 3), dtype=np.float64)
        learner = Learner(model, loss=MSE(), optimizer=SGD(model, learning_rate=0.1), accumulation=parts)
        learner.fit(DataLoader(ArrayDataset(x, x.sum(axis=1, keepdims=True)), batch_size=6), epochs=3)
        assert learner.step == 9
        return [*model.arrays().values(), np.array(learner.history.rows[-1]["loss"])]

    for ours, whole in zip(weights(accumulation), weights(1), strict=True):
        np.testing.assert_allclose(ours, whole, rtol=1e-12)


def test_no_part_at_all_is_refused() -> None:
    model = Sequential(Linear(1, 1, generator=Generator(0)))
    with pytest.raises(DataInvalid, match="at least one part, not 0"):
        Learner(model, loss=MSE(), optimizer=SGD(model, learning_rate=0.1), accumulation=0)


def test_an_optimizer_of_another_model_is_refused() -> None:
    g = Generator(0)
    model, other = Sequential(Linear(1, 1, generator=g), ReLU()), Sequential(Linear(1, 1, generator=g))
    with pytest.raises(OptimizerInvalid, match="not the model's"):
        Learner(model, loss=MSE(), optimizer=Adam(other))


def test_impossible_requests_are_refused(small_training: Callable) -> None:
    training = small_training()
    with pytest.raises(DataInvalid, match="at least one epoch"):
        training.fit(0)
    with pytest.raises(DataInvalid, match="nothing to predict"):
        training.learner.predict(np.zeros((0, 4, 2), np.float32))


class TrainedElsewhere(NamedTuple):
    """What a training on a device left: weights and moments of the host, its history, and who had to wait for it."""

    arrays: dict[str, np.ndarray]
    rows: list[dict[str, float]]
    syncs: int


def train_on(device: Device, *, double: Any, callbacks: Sequence[Callback] = (), batches: int = 3) -> TrainedElsewhere:
    """Two epochs of a model with everything that moves: LSTM, dropout, batch normalisation, clipping, accumulation."""
    source = Generator(99)
    samples = 6 * batches
    x, y = source.normal((samples, 4, 2)), source.integers((samples,), high=3)
    g = Generator(7)
    model = Sequential(
        LSTM(2, 5, layers=2, dropout=0.2, generator=g), BatchNorm(5), Dropout(0.3), Linear(5, 3, generator=g)
    ).to(device)
    learner = Learner(
        model,
        loss=CrossEntropy(smoothing=0.1, class_weights=[1.0, 2.0, 0.5]),
        optimizer=Adam(model, learning_rate=0.02),
        callbacks=callbacks,
        schedule=CosineDecay(warmup=2),
        clip_norm=0.5,
        accumulation=2,
        seed=3,
    )
    learner.fit(DataLoader(ArrayDataset(x, y), batch_size=6, is_shuffled=True), epochs=2)
    syncs = 0 if double is None else double.syncs
    arrays = {**model.arrays(), **learner.optimizer.moments}
    return TrainedElsewhere({name: to_host(array) for name, array in arrays.items()}, learner.history.rows, syncs)


@pytest.mark.parametrize("batches", [3, 20, 45])
def test_another_device_trains_the_same_and_is_read_once_per_interval(other_device: Any, batches: int) -> None:
    theirs = train_on(Device.GPU, double=other_device.double, batches=batches)
    ours = train_on(Device.CPU, double=None, batches=batches)
    for name, array in ours.arrays.items():
        other_device.compare(theirs.arrays[name], array, what=name, tolerance=1e-2)
    if other_device.double is not None:
        assert theirs.rows == ours.rows
        assert theirs.syncs == 2 * -(-batches // Learner.report_every)


def test_a_loss_that_diverges_on_a_device_is_named_by_its_own_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    class Poison(Callback):
        def on_batch_begin(self, training: Training) -> None:
            if training.step == 4:
                training.model.parameters()["3.weight"].data[0] = float("nan")

    monkeypatch.setenv("AZURAFORGE_KERNELS", "numpy")
    with pretend_gpu() as double, pytest.raises(Diverged) as caught:
        train_on(Device.GPU, double=double, callbacks=[Poison()], batches=20)
    assert (caught.value.what, caught.value.epoch, caught.value.batch) == ("the loss", 1, 5)


def test_a_training_that_began_on_a_device_ends_on_the_host(
    other_device: Any, small_training: Callable[..., Any], tmp_path: Path
) -> None:
    """Checkpoint, validation, early stopping's arrays: all of it is of the host on disk."""

    def begin(device: Device) -> Any:
        training = small_training([EarlyStopping(5), WeightAverage(decay=0.5)])
        training.learner.model.to(device)
        training.learner.optimizer = Adam(training.learner.model, learning_rate=0.02)
        return training

    first = begin(Device.GPU)
    first.fit(1)
    save_checkpoint(first.learner, tmp_path / "saved")
    second, straight = begin(Device.CPU), begin(Device.CPU)
    load_checkpoint(second.learner, tmp_path / "saved")
    second.fit(2)
    straight.fit(1)
    straight.fit(2)
    for name, array in straight.learner.model.arrays().items():
        other_device.compare(second.learner.model.arrays()[name], array, what=name)
    back = begin(Device.GPU)
    load_checkpoint(back.learner, tmp_path / "saved")
    back.fit(2)
    for name, array in straight.learner.model.arrays().items():
        other_device.compare(to_host(back.learner.model.arrays()[name]), array, what=name)
    x = straight.validation.dataset.arrays[0]
    other_device.compare(back.learner.predict(x), straight.learner.predict(x), what="predictions")
