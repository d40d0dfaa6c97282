"""The conformance check passes an honest pipeline and fails each planted fault for its own reason."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, Field

from azuraforge_core import Tensor
from azuraforge_learner.data import TimeSeries
from azuraforge_learner.layers import Linear
from azuraforge_learner.pipelines import (
    ConfigProblem,
    PipelineResult,
    TimeSeriesConfig,
    TimeSeriesPipeline,
    TrainingContext,
)
from azuraforge_learner.pipelines.preparation import PreparedSeries
from azuraforge_learner.pipelines.recording import RecordingContext
from azuraforge_learner.pipelines.testing import (
    PipelineCheckFailed,
    _check_files,
    _check_results,
    check_blindness,
    check_pipeline,
)
from azuraforge_learner.transforms import StandardScaler

Kind = type[TimeSeriesPipeline]
Finished = tuple[RecordingContext, PipelineResult]
FAST = {
    "window": {"length": 8, "transform": "difference"},
    "model": {"hidden": 4},
    "training": {"epochs": 2, "batch_size": 32},
}


pytestmark = pytest.mark.usefixtures("drawn_once")


def broken(pipeline: Kind, **members: Any) -> Kind:
    return type("Broken", (pipeline,), members)


def test_an_honest_pipeline_passes(pipeline: Kind, tmp_path: Path) -> None:
    result = check_pipeline(pipeline, folder=tmp_path, config=FAST)
    assert result.results["pipeline"] == "wave"


def test_frozen_weights_fail(pipeline: Kind, tmp_path: Path) -> None:
    def build_model(self: Any, features: int, *, generator: Any) -> Any:
        model = pipeline.build_model(self, features, generator=generator)
        *_, last = model.children().values()
        # The tape ends here: what lies before never learns.
        last.forward = lambda x: Linear.forward(last, Tensor(x.data))
        return model

    with pytest.raises(PipelineCheckFailed, match=r"did not move 0\.b, 0\.w_h, 0\.w_x"):
        check_pipeline(broken(pipeline, build_model=build_model), folder=tmp_path, config=FAST)


def test_a_scaler_fitted_to_the_whole_series_fails(pipeline: Kind) -> None:
    def prepare(self: Any, series: TimeSeries) -> PreparedSeries:
        prepared = pipeline.prepare(self, series)
        everything = np.concatenate([prepared.train.targets, prepared.validation.targets, prepared.test.targets])
        levels = prepared.target_scaler.invert(everything.astype(np.float64))
        leaking = StandardScaler.fit(levels)
        answers = leaking.apply(prepared.target_scaler.invert(prepared.train.targets.astype(np.float64)))
        train = replace(prepared.train, targets=answers.astype(np.float32))
        return replace(prepared, target_scaler=leaking, train=train)

    with pytest.raises(PipelineCheckFailed, match="scaler fitted to the whole series"):
        check_blindness(broken(pipeline, prepare=prepare), TimeSeriesConfig.model_validate(FAST))


@pytest.mark.parametrize("ahead", [1, 3])
def test_a_feature_that_looks_ahead_fails(pipeline: Kind, ahead: int) -> None:
    def extra_features(self: Any, series: TimeSeries) -> Mapping[str, np.ndarray]:
        return {"tomorrow": np.roll(series.target, -ahead)}

    with pytest.raises(PipelineCheckFailed, match="does a feature look ahead"):
        check_blindness(broken(pipeline, extra_features=extra_features), TimeSeriesConfig.model_validate(FAST))


def test_a_feature_measured_over_the_whole_series_fails(pipeline: Kind) -> None:
    def extra_features(self: Any, series: TimeSeries) -> Mapping[str, np.ndarray]:
        return {"rank": np.argsort(np.argsort(series.target)).astype(np.float64)}

    with pytest.raises(PipelineCheckFailed, match="depend on rows"):
        check_blindness(broken(pipeline, extra_features=extra_features), TimeSeriesConfig.model_validate(FAST))


class Relay:
    """A context that changes what passes through it."""

    def __init__(self, context: TrainingContext) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def through(pipeline: Kind, relay: type[Relay]) -> Kind:
    return broken(pipeline, run=lambda self, context: pipeline.run(self, relay(context)))


def test_an_epoch_reported_twice_fails(pipeline: Kind, tmp_path: Path) -> None:
    class Twice(Relay):
        def epoch(self, report: Any) -> None:
            self._context.epoch(report)
            self._context.epoch(report)

    with pytest.raises(PipelineCheckFailed, match="once each and in order"):
        check_pipeline(through(pipeline, Twice), folder=tmp_path, config=FAST)


def test_a_checkpoint_before_its_epoch_fails(pipeline: Kind, tmp_path: Path) -> None:
    class Late(Relay):
        waiting: Any = None

        def epoch(self, report: Any) -> None:
            self.waiting = report

        def checkpoint(self, report: Any) -> None:
            self._context.checkpoint(report)
            self._context.epoch(self.waiting)

    with pytest.raises(PipelineCheckFailed, match="right before its checkpoint"):
        check_pipeline(through(pipeline, Late), folder=tmp_path, config=FAST)


def test_data_that_nobody_named_fails(pipeline: Kind, tmp_path: Path) -> None:
    class Silent(Relay):
        def data(self, sha256: str) -> None:
            pass

    with pytest.raises(PipelineCheckFailed, match="hash of the data"):
        check_pipeline(through(pipeline, Silent), folder=tmp_path, config=FAST)


def test_a_pipeline_that_ignores_a_stop_fails(pipeline: Kind, tmp_path: Path) -> None:
    class Deaf(Relay):
        def stop_requested(self) -> None:
            self._context.stop_requested()

    with pytest.raises(PipelineCheckFailed, match="did not end the run with TrainingStopped"):
        check_pipeline(through(pipeline, Deaf), folder=tmp_path, config=FAST)


def test_a_pipeline_that_forgets_its_checkpoint_fails(pipeline: Kind, tmp_path: Path) -> None:
    class Forgetful(Relay):
        resume_from = None

    with pytest.raises(PipelineCheckFailed, match="reports the epochs that were left"):
        check_pipeline(through(pipeline, Forgetful), folder=tmp_path, config=FAST)


def test_randomness_outside_the_checkpoint_fails(pipeline: Kind, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def build_model(self: Any, features: int, *, generator: Any) -> Any:
        model = pipeline.build_model(self, features, generator=generator)
        *_, last = model.children().values()

        def forward(x: Tensor) -> Tensor:
            noise = rng.normal(0, 0.1, size=x.shape).astype(np.float32) * np.float32(last.is_training)
            return Linear.forward(last, x + Tensor(noise))

        last.forward = forward
        return model

    with pytest.raises(PipelineCheckFailed, match="differs from an undisturbed one"):
        check_pipeline(broken(pipeline, build_model=build_model), folder=tmp_path, config=FAST)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"baselines": []}, "no baseline"),
        ({"baselines": [{"name": "guess", "metrics": {"mae": 1.0}}]}, "not measured like the model"),
        ({"seconds": float("nan")}, "not finite is null"),
        ({"verdict": {"sentence": {"en": "Fine."}}}, "no sentence in 'tr'"),
    ],
)
def test_incomplete_results_fail(finished: Finished, changes: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(PipelineCheckFailed, match=reason):
        _check_results(replace(finished[1], results={**finished[1].results, **changes}))


def test_a_missing_part_of_the_results_fails(finished: Finished) -> None:
    partial = {key: value for key, value in finished[1].results.items() if key != "baselines"}
    with pytest.raises(PipelineCheckFailed, match="the results lack baselines"):
        _check_results(replace(finished[1], results=partial))


def files_without(finished: Finished, media_type: str) -> PipelineResult:
    kept = [file for file in finished[1].files if file.media_type != media_type]
    return replace(finished[1], files=kept)


@pytest.mark.parametrize(
    ("media_type", "reason"), [("text/html", "no report in HTML"), ("application/zip", "no model bundle")]
)
def test_a_missing_kind_of_file_fails(finished: Finished, tmp_path: Path, media_type: str, reason: str) -> None:
    with pytest.raises(PipelineCheckFailed, match=reason):
        _check_files(files_without(finished, media_type), context=finished[0], folder=tmp_path)


def test_a_file_that_is_not_there_fails(finished: Finished, tmp_path: Path) -> None:
    ghost = replace(finished[1].files[0], path=finished[0].folder / "ghost.html", name="ghost.html")
    result = replace(finished[1], files=[ghost, *finished[1].files])
    with pytest.raises(PipelineCheckFailed, match=r"ghost\.html was announced but is missing"):
        _check_files(result, context=finished[0], folder=tmp_path)


def test_a_file_outside_the_folder_fails(finished: Finished, tmp_path: Path) -> None:
    outside = replace(finished[1].files[0], path=Path(__file__), name="outside.py")
    with pytest.raises(PipelineCheckFailed, match="lies outside"):
        _check_files(replace(finished[1], files=[outside]), context=finished[0], folder=tmp_path)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_missing_language_fails(pipeline: Kind, tmp_path: Path, language: str) -> None:
    texts = {"tr": "Dalga", "en": "Wave"}
    del texts[language]
    with pytest.raises(PipelineCheckFailed, match=f"no text in '{language}'"):
        check_pipeline(broken(pipeline, title=texts), folder=tmp_path)


def test_a_config_without_bounds_or_words_fails(pipeline: Kind, tmp_path: Path) -> None:
    class Bare(TimeSeriesConfig):
        extra: int = Field(default=1)

    with pytest.raises(PipelineCheckFailed, match=r"extra: it has no title in 'tr'.*extra: it has no largest value"):
        check_pipeline(broken(pipeline, Config=Bare), folder=tmp_path)


def test_a_sample_that_cannot_train_fails(pipeline: Kind, tmp_path: Path) -> None:
    def preflight(cls: Any, config: BaseModel) -> list[ConfigProblem]:
        return [ConfigProblem("/window/length", "too_few_rows", "too few rows")]

    with pytest.raises(PipelineCheckFailed, match="sample of wave could not train: too few rows"):
        check_pipeline(broken(pipeline, preflight=classmethod(preflight)), folder=tmp_path)
