"""What several tests of the learner share: the oracle, and one small training that uses every moving part."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, choose_device
from azuraforge_core.backend import select
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.device_double import CupyDouble, pretend_gpu
from azuraforge_core.errors import GpuUnavailable
from azuraforge_core.testing import assert_close
from azuraforge_learner import Adam, ArrayDataset, CosineDecay, DataLoader, Huber, Learner
from azuraforge_learner.callbacks import Callback
from azuraforge_learner.layers import LSTM, Dropout, Linear, Sequential, Tanh
from azuraforge_learner.reports import figures
from azuraforge_learner.reports.figures import ReportFigure


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
    # oneDNN's gradient of a convolution ends the process on AMD Zen 1 in three runs of four (torch 2.13).
    module.backends.mkldnn.enabled = False
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


@pytest.fixture(scope="session")
def drawings() -> dict[str, list[ReportFigure]]:
    """By language, for `drawn_once`."""
    return {}


@pytest.fixture
def drawn_once(drawings: dict[str, list[ReportFigure]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A report shows the figures of the first one: drawing takes two seconds, and this test looks elsewhere."""
    draw = figures.draw_figures

    def draw_or_remember(results: Mapping[str, Any], *, words: Mapping[str, str], language: str) -> list[ReportFigure]:
        if language not in drawings:
            drawings[language] = draw(results, words=words, language=language)
        return drawings[language]

    monkeypatch.setattr(figures, "draw_figures", draw_or_remember)


@dataclass(frozen=True)
class OtherDevice:
    """A device that is not the host, and how nearly it must compute the same."""

    double: CupyDouble | None

    def compare(self, found: np.ndarray, ours: np.ndarray, *, what: str, tolerance: float = 1e-4) -> None:
        """Refuse numbers that are not those of the plain host: bit for bit on the double, rounded on a device."""
        assert found.dtype == ours.dtype, what
        if self.double is not None:
            np.testing.assert_array_equal(found, ours, err_msg=what)
        else:
            assert_close(found, ours, tolerance=tolerance, what=what)


@pytest.fixture(params=["double", pytest.param("gpu", marks=pytest.mark.gpu)])
def other_device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherDevice]:
    """The double of CuPy, and then the GPU of this machine, if it has one; the host computes plainly."""
    monkeypatch.setattr(select, "cpu_backend", lambda: ReferenceBackend(np))
    with ExitStack() as stack:
        if request.param == "double":
            monkeypatch.setenv("AZURAFORGE_KERNELS", "numpy")
            yield OtherDevice(stack.enter_context(pretend_gpu()))
            return
        try:
            choose_device({"AZURAFORGE_DEVICE": "gpu"})
        except GpuUnavailable as error:
            pytest.skip(f"no GPU: {error}")
        yield OtherDevice(None)
