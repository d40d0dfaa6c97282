"""Callbacks: what each does at its moments, with a training of few batches."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from azuraforge_learner import CheckpointStore
from azuraforge_learner.callbacks import (
    BatchProgress,
    BestCheckpoint,
    Callback,
    CallOrder,
    EarlyStopping,
    FiniteGuard,
    History,
    Monitor,
    Progress,
)
from azuraforge_learner.errors import Diverged, LearnerError
from azuraforge_learner.training import Training


class Scripted(Callback):
    """Gives each epoch the validation loss that a test wants."""

    order = CallOrder.OBSERVE

    def __init__(self, losses: list[float]) -> None:
        self.losses = losses

    def on_validation_end(self, training: Training) -> None:
        training.metrics["validation_loss"] = self.losses[training.epoch - 1]


class Moments(Callback):
    def __init__(self, seen: list[str], name: str = "") -> None:
        self.seen = seen
        self.name = name

    def __getattribute__(self, name: str) -> object:
        if not name.startswith("on_"):
            return super().__getattribute__(name)
        return lambda training: self.seen.append(f"{self.name}{name} {training.epoch}.{training.batch}")


def test_moments_come_in_order(small_training: Callable) -> None:
    seen: list[str] = []
    small_training([Moments(seen)]).fit(2)
    epoch = "on_epoch_begin E.0|on_batch_begin E.0|on_batch_end E.1|on_batch_begin E.1|on_batch_end E.2"
    epoch += "|on_batch_begin E.2|on_batch_end E.3|on_validation_end E.3|on_epoch_end E.3"
    expected = ["on_train_begin 0.0", *(epoch.replace("E", "1") + "|" + epoch.replace("E", "2")).split("|")]
    assert seen == [*expected, "on_train_end 2.3"]


def test_observers_come_first_and_writers_last_whatever_the_given_order(small_training: Callable) -> None:
    seen: list[str] = []
    callbacks = [Moments(seen, name) for name in ("writer ", "any ", "observer ")]
    for callback, order in zip(callbacks, (CallOrder.WRITE, CallOrder.ANY, CallOrder.OBSERVE), strict=True):
        callback.order = order
    small_training(callbacks).fit(1)
    assert [line.split()[0] for line in seen[:3]] == ["observer", "any", "writer"]


def test_history_has_one_row_per_epoch(small_training: Callable) -> None:
    learner = small_training().fit(3)
    assert learner.history.column("epoch") == [1, 2, 3]
    for name in ("loss", "validation_loss", "validation_mae"):
        assert np.isfinite(learner.history.column(name)).all()
    assert np.isnan(learner.history.column("unknown")).all()


def test_history_survives_values_that_json_cannot_say() -> None:
    history = History()
    history.rows = [{"epoch": 1, "loss": float("nan")}]
    again = History()
    again.load_state(history.state(), {})
    assert np.isnan(again.rows[0]["loss"])
    assert history.state()["rows"][0]["loss"] is None


def test_early_stopping_ends_and_restores_the_best_weights(small_training: Callable) -> None:
    weights: list[dict[str, np.ndarray]] = []

    class Remember(Callback):
        order = CallOrder.WRITE

        def on_epoch_end(self, training: Training) -> None:
            weights.append({name: array.copy() for name, array in training.model.arrays().items()})

    stopping = EarlyStopping(2)
    learner = small_training([Scripted([5, 3, 4, 3.5, 1, 1]), stopping, Remember()]).fit(6)
    assert len(learner.history.rows) == 4
    assert learner.finish_reason == "early_stopping"
    assert stopping.best_epoch == 2
    assert all(np.array_equal(weights[1][name], array) for name, array in learner.model.arrays().items())
    assert not np.array_equal(weights[3]["0.w_x"], weights[1]["0.w_x"])


def test_early_stopping_restores_the_best_also_when_all_epochs_ran(small_training: Callable) -> None:
    one_epoch = small_training([Scripted([1])]).fit(1)
    learner = small_training([Scripted([1, 2, 3]), EarlyStopping(5)]).fit(3)
    assert learner.finish_reason is None
    assert learner.epoch == 3
    assert np.array_equal(learner.model.arrays()["0.w_x"], one_epoch.model.arrays()["0.w_x"])


def test_early_stopping_leaves_the_weights_of_a_stopped_training(small_training: Callable) -> None:
    class StopInThird(Callback):
        def on_epoch_end(self, training: Training) -> None:
            if training.epoch == 3:
                training.stop("cancel")

    stopped = small_training([Scripted([1, 2, 3, 4]), EarlyStopping(9), StopInThird()]).fit(4)
    plain = small_training([Scripted([1, 2, 3, 4]), StopInThird()]).fit(4)
    assert stopped.stop_reason == "cancel"
    assert np.array_equal(stopped.model.arrays()["0.w_x"], plain.model.arrays()["0.w_x"])


@pytest.mark.parametrize(
    ("losses", "options", "improved"),
    [
        ([3, 2, 2, 1], {}, [True, True, False, True]),
        ([3, 2.95, 2.85], {"min_delta": 0.1}, [True, False, True]),
        ([1, 2, 1.5], {"is_higher_better": True}, [True, True, False]),
        ([float("nan"), 2, float("nan"), float("-inf")], {}, [False, True, False, False]),
    ],
)
def test_monitor_counts_only_real_gains(losses: list[float], options: dict, improved: list[bool]) -> None:
    monitor = Monitor("x", **{"min_delta": 0.0, "is_higher_better": False, **options})

    epochs = [SimpleNamespace(epoch=i, metrics={"x": loss}) for i, loss in enumerate(losses, start=1)]
    assert [monitor.observe(epoch) for epoch in epochs] == improved  # type: ignore[arg-type]


def test_watching_an_unknown_metric_is_refused(small_training: Callable) -> None:
    with pytest.raises(LearnerError, match="no metric 'accuracy' to watch; there are loss, validation_loss"):
        small_training([EarlyStopping(2, metric="accuracy")]).fit(1)


@pytest.mark.parametrize("make", [lambda: EarlyStopping(0), lambda: EarlyStopping(1, min_delta=float("nan"))])
def test_impossible_patience_is_refused(make: Callable) -> None:
    with pytest.raises(LearnerError):
        make()


def test_best_checkpoint_keeps_the_last_two_and_the_best(small_training: Callable, tmp_path: Path) -> None:
    saved = []
    keeper = BestCheckpoint(CheckpointStore(tmp_path), on_saved=saved.append)
    small_training([Scripted([5, 1, 4, 3, 2]), keeper]).fit(5)
    assert [info.is_best for info in saved] == [True, True, False, False, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000006", "step-000000012", "step-000000015"]
    best = CheckpointStore(tmp_path).find_best()
    assert best is not None
    assert (best.epoch, best.sha256) == (2, saved[1].sha256)


def test_progress_is_limited_by_its_clock(small_training: Callable) -> None:
    reports: list[BatchProgress] = []
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.1
        return now

    small_training([Progress(reports.append, interval_s=0.25, clock=clock)], samples=126).fit(1)
    assert [r.batch for r in reports] == [1, 4, 7, 10, 13, 16, 19, 20]
    assert {(r.epoch, r.epochs, r.batches) for r in reports} == {(1, 1, 20)}
    assert reports[0].samples_per_s == pytest.approx(6 / 0.1, rel=0.01)
    assert reports[-1].samples_per_s == pytest.approx(120 / 2.0, rel=0.01)


def test_guard_names_epoch_batch_and_loss(small_training: Callable) -> None:
    training = small_training()
    training.train.dataset.arrays[1][:] = np.float32(np.inf)
    with (
        np.errstate(all="ignore"),
        pytest.raises(Diverged, match="the loss is not a finite number after batch 1 of") as e,
    ):
        training.fit(1)
    assert (e.value.what, e.value.epoch, e.value.batch) == ("the loss", 1, 1)


def test_guard_names_the_parameter(small_training: Callable) -> None:
    class Poison(Callback):
        """Lets the update of one batch go wrong."""

        def on_batch_begin(self, training: Training) -> None:
            if (training.epoch, training.batch) == (2, 1):
                update = training.optimizer.step
                weight = training.model.parameters()["4.weight"].data
                training.optimizer.step = lambda: (update(), weight.__setitem__(2, np.nan))  # type: ignore[method-assign]

    with pytest.raises(Diverged) as e:
        small_training([Poison(), FiniteGuard()]).fit(3)
    assert (e.value.what, e.value.epoch, e.value.batch) == ("the parameter 4.weight", 2, 2)


def test_guard_lets_large_finite_parameters_pass(small_training: Callable) -> None:
    class Enlarge(Callback):
        def on_train_begin(self, training: Training) -> None:
            training.model.parameters()["0.w_x"].data[...] = np.finfo(np.float32).max  # their sum overflows

    with np.errstate(all="ignore"):
        assert small_training([Enlarge()]).fit(1).epoch == 1
