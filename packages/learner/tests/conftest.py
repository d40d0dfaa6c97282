"""What several tests of the learner share: the oracle, and one small training that uses every moving part."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from azuraforge_core import Generator
from azuraforge_learner import Adam, ArrayDataset, CosineDecay, DataLoader, Huber, Learner
from azuraforge_learner.callbacks import Callback
from azuraforge_learner.layers import LSTM, Dropout, Linear, Sequential, Tanh


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch as an oracle; a machine without it skips, continuous integration fails."""
    try:
        import torch as module  # noqa: PLC0415 - an oracle, not a dependency
    except ImportError:
        if os.environ.get("CI") == "true":
            pytest.fail("PyTorch is missing in CI: run tools/install_oracle.py")
        pytest.skip("PyTorch is missing: run tools/install_oracle.py to compare with it")
    module.set_num_threads(1)
    return module


@dataclass
class SmallTraining:
    """A Learner and its data: 3 batches an epoch, the last one short; dropout, shuffling, clipping and a schedule."""

    learner: Learner
    train: DataLoader
    validation: DataLoader

    def fit(self, epochs: int) -> Learner:
        self.learner.fit(self.train, validation=self.validation, epochs=epochs)
        return self.learner


@pytest.fixture
def small_training() -> Callable[..., SmallTraining]:
    """Make the same training anew, as a fresh process would."""

    def make(callbacks: Sequence[Callback] = (), *, seed: int = 7, samples: int = 22) -> SmallTraining:
        source = Generator(99)
        x = source.normal((samples, 4, 2))
        y = np.tanh(x.sum(axis=1)[:, :1]).astype(np.float32)
        weights = Generator(seed).spawn("weights")
        model = Sequential(
            LSTM(2, 5, generator=weights, return_sequences=True),
            LSTM(5, 4, generator=weights),
            Dropout(0.3),
            Tanh(),
            Linear(4, 1, generator=weights),
        )
        learner = Learner(
            model,
            loss=Huber(),
            optimizer=Adam(model, learning_rate=0.02),
            callbacks=callbacks,
            metrics={"mae": lambda predicted, actual: float(np.abs(predicted - actual).mean())},
            schedule=CosineDecay(warmup=2),
            clip_norm=0.5,
            seed=seed,
        )
        train = DataLoader(ArrayDataset(x[:-6], y[:-6]), batch_size=6, is_shuffled=True)
        return SmallTraining(learner, train, DataLoader(ArrayDataset(x[-6:], y[-6:]), batch_size=4))

    return make
