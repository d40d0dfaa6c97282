"""WeightAverage: PyTorch's averaged model agrees over 100 updates; a resumed training ends with the same averages."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator
from azuraforge_core.testing import assert_close
from azuraforge_learner import MSE, SGD, ArrayDataset, DataLoader, Learner, load_checkpoint, save_checkpoint
from azuraforge_learner.callbacks import Callback, EarlyStopping, WeightAverage
from azuraforge_learner.errors import CheckpointMismatch, LearnerError
from azuraforge_learner.layers import BatchNorm, Linear, Sequential
from azuraforge_learner.training import Training


class Weights(Callback):
    """Keeps the weights after every update."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Array]] = []

    def on_batch_end(self, training: Training) -> None:
        self.seen.append({name: array.copy() for name, array in training.model.arrays().items()})


class StopAt(Callback):
    """Interrupts after one batch."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_batch_end(self, training: Training) -> None:
        if training.step == self.step:
            training.stop("test")


def make_learner(*callbacks: Callback) -> tuple[Learner, DataLoader]:
    g = Generator(3)
    model = Sequential(Linear(3, 4, generator=g), BatchNorm(4), Linear(4, 1, generator=g))
    x = Generator(4).normal((40, 3))
    learner = Learner(model, loss=MSE(), optimizer=SGD(model, learning_rate=0.05), callbacks=callbacks, seed=1)
    return learner, DataLoader(ArrayDataset(x, x[:, :1] * 2), batch_size=4, is_shuffled=True)


@pytest.mark.oracle
@pytest.mark.parametrize("decay", [0.0, 0.5, 0.95])
def test_equals_torch_over_100_updates(torch: Any, decay: float) -> None:
    weights, average = Weights(), WeightAverage(decay=decay)
    learner, loader = make_learner(weights, average)
    learner.fit(loader, epochs=10)
    assert len(weights.seen) == 100
    swa = torch.optim.swa_utils
    for name in learner.model.parameters():
        peer = torch.nn.ParameterList([torch.zeros(weights.seen[0][name].shape, dtype=torch.float64)])
        averaged = swa.AveragedModel(peer, multi_avg_fn=swa.get_ema_multi_avg_fn(decay))
        for seen in weights.seen:
            peer[0].data = torch.tensor(seen[name].astype(np.float64))
            averaged.update_parameters(peer)
        assert_close(average.averages[name], averaged.module[0].detach().numpy(), tolerance=1e-5, what=name)


def test_the_model_ends_with_the_averages_and_the_last_buffers() -> None:
    weights, average = Weights(), WeightAverage(decay=0.8)
    learner, loader = make_learner(weights, average)
    learner.fit(loader, epochs=2)
    last = weights.seen[-1]
    for name, array in learner.model.arrays().items():
        if name in learner.model.parameters():
            assert np.array_equal(array, average.averages[name])
            assert not np.array_equal(array, last[name])
        else:
            assert np.array_equal(array, last[name])


def test_a_stop_leaves_the_weights_for_the_checkpoint() -> None:
    weights = Weights()
    learner, loader = make_learner(weights, WeightAverage(decay=0.8), StopAt(7))
    learner.fit(loader, epochs=2)
    assert all(np.array_equal(array, weights.seen[-1][name]) for name, array in learner.model.arrays().items())


def test_a_resumed_training_ends_with_the_same_averages(tmp_path: Path) -> None:
    straight, loader = make_learner(WeightAverage(decay=0.9))
    straight.fit(loader, epochs=2)
    first, loader = make_learner(WeightAverage(decay=0.9), StopAt(7))
    first.fit(loader, epochs=2)
    save_checkpoint(first, tmp_path / "saved")
    second, loader = make_learner(WeightAverage(decay=0.9))
    load_checkpoint(second, tmp_path / "saved")
    second.fit(loader, epochs=2)
    own, other = straight.model.arrays(), second.model.arrays()
    assert all(np.array_equal(own[name], other[name]) for name in own)


def test_a_resumed_training_without_the_averages_would_be_noticed(tmp_path: Path) -> None:
    class Forgetful(WeightAverage):
        def arrays(self) -> dict[str, Array]:
            return {}

    straight, loader = make_learner(WeightAverage(decay=0.9))
    straight.fit(loader, epochs=2)
    first, loader = make_learner(Forgetful(decay=0.9), StopAt(7))
    first.fit(loader, epochs=2)
    save_checkpoint(first, tmp_path / "saved")
    second, loader = make_learner(Forgetful(decay=0.9))
    load_checkpoint(second, tmp_path / "saved")
    second.fit(loader, epochs=2)
    assert not np.array_equal(straight.model.arrays()["0.weight"], second.model.arrays()["0.weight"])


def test_the_averages_win_over_the_best_epoch() -> None:
    average = WeightAverage(decay=0.9)
    learner, loader = make_learner(average, EarlyStopping(patience=5))
    learner.fit(loader, epochs=2)
    assert np.array_equal(learner.model.arrays()["0.weight"], average.averages["0.weight"])


def test_averages_of_another_model_are_refused() -> None:
    average = WeightAverage()
    average.load_state({}, {"0.weight": np.zeros((2, 2), np.float32)})
    learner, loader = make_learner(average)
    with pytest.raises(CheckpointMismatch, match="not of this model"):
        learner.fit(loader, epochs=1)


@pytest.mark.parametrize("decay", [1.0, -0.1, float("nan")])
def test_impossible_decays_are_refused(decay: float) -> None:

    with pytest.raises(LearnerError, match="decay"):
        WeightAverage(decay=decay)
