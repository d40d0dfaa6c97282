"""A small pipeline of our own: a noisy wave over weekdays, trained in about a second."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import BaseModel

from azuraforge_core import Generator
from azuraforge_learner.data import TimeSeries
from azuraforge_learner.pipelines import PipelineResult, TimeSeriesConfig, TimeSeriesPipeline
from azuraforge_learner.pipelines.preparation import PreparedSeries
from azuraforge_learner.pipelines.recording import RecordingContext
from azuraforge_learner.pipelines.series_training import TrainedSeries, train_series


def wave(rows: int = 160) -> TimeSeries:
    days = np.arange("2020-01-01", "2030-01-01", dtype="datetime64[D]")
    rng = np.random.default_rng(5)
    t = np.arange(rows)
    return TimeSeries(
        dates=days[np.is_busday(days)][:rows].astype("datetime64[s]"),
        target=50 + 10 * np.sin(2 * np.pi * t / 20) + rng.normal(0, 0.5, size=rows),
        target_name="Level",
        source="wave",
        unit="cm",
        columns={"Extra": rng.normal(size=rows)},
    )


class WavePipeline(TimeSeriesPipeline):
    """Learns the wave."""

    name: ClassVar[str] = "wave"
    version: ClassVar[str] = "1.2.3"
    title: ClassVar[Mapping[str, str]] = {"tr": "Dalga", "en": "Wave"}
    description: ClassVar[Mapping[str, str]] = {"tr": "Dalgayı öğrenir.", "en": "Learns the wave."}
    Config: ClassVar[type[BaseModel]] = TimeSeriesConfig
    sample: ClassVar[Mapping[str, Any]] = {
        "window": {"length": 8, "transform": "difference"},
        "model": {"layers": 2, "hidden": 4, "dropout": 0.2},
        "training": {"epochs": 3, "learning_rate": 0.01, "batch_size": 16},
    }

    def load(self) -> TimeSeries:
        return wave()

    def extra_features(self, series: TimeSeries) -> Mapping[str, np.ndarray]:
        return {"extra": series.columns["Extra"]}


@pytest.fixture
def pipeline() -> type[WavePipeline]:
    return WavePipeline


@pytest.fixture
def series() -> TimeSeries:
    return wave()


def build(**changes: Mapping[str, Any]) -> WavePipeline:
    sample = {key: dict(value) for key, value in WavePipeline.sample.items()}
    for part, values in changes.items():
        sample.setdefault(part, {}).update(values)
    return WavePipeline(TimeSeriesConfig.model_validate(sample))


@pytest.fixture(scope="session")
def make() -> Callable[..., WavePipeline]:
    """A pipeline with some fields of its sample changed: make(training={"epochs": 1})."""
    return build


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[RecordingContext, PipelineResult]:
    """The sample trained once, undisturbed, with everything that it reported."""
    context = RecordingContext(tmp_path_factory.mktemp("finished"))
    return context, build().run(context)


@pytest.fixture
def train() -> Callable[..., TrainedSeries]:
    """Training alone, without report and bundle: train(context, training={"epochs": 1})."""

    def run(context: RecordingContext, **changes: Mapping[str, Any]) -> TrainedSeries:
        pipeline = build(**changes)
        prepared = pipeline.prepare(wave())
        generator = Generator(pipeline.config.training.seed).spawn("model")
        model = pipeline.build_model(len(prepared.feature_names), generator=generator)
        return train_series(prepared, model=model, config=pipeline.config.training, context=context)

    return run


@pytest.fixture
def prepared(make: Callable[..., WavePipeline]) -> PreparedSeries:
    return make().prepare(wave())


@pytest.fixture
def context(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path / "context")
