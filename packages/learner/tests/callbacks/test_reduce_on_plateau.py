"""ReduceOnPlateau: PyTorch's scheduler agrees epoch by epoch; its state survives; no schedule beside it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from azuraforge_core import Generator
from azuraforge_learner import MSE, SGD, ArrayDataset, CosineDecay, DataLoader, Learner
from azuraforge_learner.callbacks import ReduceOnPlateau
from azuraforge_learner.errors import LearnerError
from azuraforge_learner.layers import Linear, Parameter, Sequential
from azuraforge_learner.optimizers import ParameterGroup
from azuraforge_learner.training import Training

RATE = 0.4


def make_training() -> Training:
    groups = [ParameterGroup([Parameter(np.ones(1))]), ParameterGroup([Parameter(np.ones(1))], learning_rate=RATE / 4)]
    optimizer = SGD(groups, learning_rate=RATE)
    return cast("Training", SimpleNamespace(optimizer=optimizer, metrics={}, epoch=0))


def run_epoch(callback: ReduceOnPlateau, training: Training, *, loss: float) -> list[float]:
    training.epoch += 1
    training.metrics["validation_loss"] = loss
    callback.on_epoch_end(training)
    return [group.learning_rate for group in training.optimizer.groups]


@pytest.mark.oracle
@pytest.mark.parametrize(("patience", "min_delta"), [(1, 0.0), (3, 0.0), (2, 0.05)])
def test_equals_torch_over_100_epochs(torch: Any, patience: int, min_delta: float) -> None:
    noise = Generator(patience).uniform((100,), low=0.0, high=0.3)
    losses = [1 / (1 + epoch / 10) + float(noise[epoch]) for epoch in range(100)]
    losses[5] = float("nan")
    peer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        peer,
        factor=0.7,
        patience=patience - 1,  # PyTorch's counts the bad epochs that it forgives
        threshold=min_delta,
        threshold_mode="abs",
        min_lr=RATE / 50,
        eps=0.0,
    )
    callback, training = ReduceOnPlateau(patience, factor=0.7, floor=1 / 50, min_delta=min_delta), make_training()
    rates = []
    for loss in losses:
        ours = run_epoch(callback, training, loss=loss)
        scheduler.step(loss)
        rates.append(ours[0])
        assert ours[0] == pytest.approx(peer.param_groups[0]["lr"], rel=1e-9)
        assert ours[1] == pytest.approx(ours[0] / 4)
    assert len(set(rates)) > 5  # it was reduced often enough for the comparison to mean something


def test_an_improvement_gives_all_patience_back() -> None:
    callback, training = ReduceOnPlateau(2, factor=0.5), make_training()
    rates = [run_epoch(callback, training, loss=loss)[0] for loss in (3.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0)]
    assert rates == [RATE, RATE, RATE, RATE, RATE / 2, RATE / 2, RATE / 4]


def test_a_metric_may_be_better_when_higher() -> None:
    callback, training = ReduceOnPlateau(1, factor=0.5, metric="accuracy", is_higher_better=True), make_training()
    for epoch, accuracy in enumerate((0.5, 0.7, 0.6)):
        training.metrics["accuracy"] = accuracy
        training.epoch = epoch
        callback.on_epoch_end(training)
    assert training.optimizer.learning_rate == RATE / 2


def test_a_resumed_callback_goes_on_where_it_was() -> None:
    losses = [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    straight, training = ReduceOnPlateau(2, factor=0.5), make_training()
    expected = [run_epoch(straight, training, loss=loss) for loss in losses]
    first, training = ReduceOnPlateau(2, factor=0.5), make_training()
    found = [run_epoch(first, training, loss=loss) for loss in losses[:4]]
    second, resumed = ReduceOnPlateau(2, factor=0.5), make_training()
    second.load_state(first.state(), {})
    resumed.optimizer.load_state(training.optimizer.state(), training.optimizer.moments)
    found += [run_epoch(second, resumed, loss=loss) for loss in losses[4:]]
    assert found == expected


def test_a_schedule_beside_it_is_refused() -> None:
    model = Sequential(Linear(2, 1, generator=Generator(0)))
    learner = Learner(
        model,
        loss=MSE(),
        optimizer=SGD(model, learning_rate=0.1),
        callbacks=[ReduceOnPlateau(2)],
        schedule=CosineDecay(),
    )
    x = Generator(1).normal((8, 2))
    with pytest.raises(LearnerError, match="cannot share a training with a schedule"):
        learner.fit(DataLoader(ArrayDataset(x, x[:, :1]), batch_size=4), epochs=3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ReduceOnPlateau(0), "patience"),
        (lambda: ReduceOnPlateau(1, factor=1.0), "factor"),
        (lambda: ReduceOnPlateau(1, floor=-0.1), "floor"),
        (lambda: ReduceOnPlateau(1, min_delta=-1.0), "min_delta"),
    ],
)
def test_impossible_settings_are_refused(make: Callable[[], ReduceOnPlateau], words: str) -> None:
    with pytest.raises(LearnerError, match=words):
        make()
