"""A whole run: what a time series pipeline leaves behind, and what it says beforehand."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge_contracts import Results
from azuraforge_core import Device, Generator
from azuraforge_learner import unpack_bundle
from azuraforge_learner.data import TimeSeries
from azuraforge_learner.metrics import regression_metrics
from azuraforge_learner.pipelines import DataRefused, PipelineResult, TimeSeriesConfig
from azuraforge_learner.pipelines.preparation import PreparedSeries
from azuraforge_learner.pipelines.recording import RecordingContext
from azuraforge_learner.pipelines.results import config_hash, weights_hash

Make = Callable[..., Any]
Finished = tuple[RecordingContext, PipelineResult]
pytestmark = pytest.mark.usefixtures("drawn_once")


def test_the_results_are_a_whole_results_document(finished: Finished) -> None:
    document = {**finished[1].results, "task_id": "t"}
    results = Results.model_validate_json(json.dumps(document, allow_nan=False))
    dumped = results.model_dump(mode="json")
    assert {key: dumped[key] for key in document} == document  # nothing that the contract does not know


def test_the_metrics_are_those_of_the_series_in_the_results(finished: Finished, prepared: PreparedSeries) -> None:
    results = finished[1].results
    values = {name: np.array(results["series"][name]) for name in ("actual", "predicted", "baseline")}
    previous = prepared.previous(prepared.test)
    expected = regression_metrics(values["actual"], values["predicted"], previous=previous)
    assert results["metrics"]["test"] == pytest.approx(expected)
    best = min(results["baselines"], key=lambda row: row["metrics"]["rmse"])
    assert results["verdict"]["score"]["baseline"] == best["name"]
    assert best["metrics"]["rmse"] == pytest.approx(
        regression_metrics(values["actual"], values["baseline"], previous=previous)["rmse"]
    )


def test_model_and_baselines_answer_the_same_rows(finished: Finished, prepared: PreparedSeries) -> None:
    series = finished[1].results["series"]
    assert series["x"] == prepared.dates(prepared.test)
    assert len(series["actual"]) == len(series["predicted"]) == len(series["baseline"]) == len(prepared.test)


def test_the_bundle_alone_gives_the_same_predictions(
    finished: Finished, prepared: PreparedSeries, tmp_path: Path
) -> None:
    [file] = [file for file in finished[1].files if file.kind == "model"]
    bundle = unpack_bundle(file.path, tmp_path / "bundle")
    predicted = prepared.restore(prepared.test, bundle.predict(prepared.test.inputs))
    np.testing.assert_allclose(predicted, finished[1].results["series"]["predicted"], rtol=1e-6)
    assert bundle.preprocess == json.loads(json.dumps(prepared.to_dict()))
    assert bundle.signature["input"]["shape"] == list(prepared.test.inputs.shape[1:])
    assert finished[1].results["verdict"]["sentence"]["en"].split(":")[0] in bundle.card


def test_every_file_is_there_with_its_kind(finished: Finished) -> None:
    kinds = {file.name: file.kind for file in finished[1].files}
    assert kinds == {
        "report.html": "report",
        "report.md": "report",
        "learning-curves.svg": "figure",
        "predictions.svg": "figure",
        "errors.svg": "figure",
        "model.azf.zip": "model",
    }
    assert all(file.path.stat().st_size > 500 for file in finished[1].files)


def test_hashes_depend_on_everything_they_name(make: Make) -> None:
    one, other = make().config, make(training={"seed": 43}).config
    assert config_hash(one) != config_hash(other)
    assert config_hash(one) == config_hash(TimeSeriesConfig.model_validate(one.model_dump()))
    models = [make().build_model(3, generator=Generator(seed)) for seed in (1, 1, 2)]
    assert weights_hash(models[0]) == weights_hash(models[1]) != weights_hash(models[2])


def test_too_short_a_series_is_found_before_training(make: Make, series: TimeSeries) -> None:
    pipeline = make()
    short = replace(series, dates=series.dates[:20], target=series.target[:20], columns={})
    [problem] = pipeline.check_series(pipeline.config, short, pointer="/source")
    assert (problem.pointer, problem.code) == ("/source", "too_few_rows")
    assert problem.params == {"rows": 20, "needed": 39}


def test_a_level_that_has_no_logarithm_points_to_the_transform(make: Make, series: TimeSeries) -> None:
    pipeline = make(window={"transform": "log"})
    [problem] = pipeline.check_series(pipeline.config, replace(series, target=-series.target), pointer="/source")
    assert (problem.pointer, problem.code) == ("/window/transform", "not_positive")


def test_a_constant_target_has_nothing_to_learn(make: Make, series: TimeSeries) -> None:
    pipeline = make()
    constant = replace(series, target=np.full(len(series), 7.0))
    [problem] = pipeline.check_series(pipeline.config, constant, pointer="/source")
    assert (problem.pointer, problem.code) == ("/source", "constant_target")


def test_a_series_that_can_train_has_no_problem(make: Make, series: TimeSeries) -> None:
    pipeline = make()
    assert pipeline.check_series(pipeline.config, series, pointer="/source") == []


def test_data_that_cannot_be_used_fails_with_its_reason(
    make: Make, series: TimeSeries, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = make()
    short = replace(series, dates=series.dates[:20], target=series.target[:20], columns={"Extra": np.zeros(20)})
    monkeypatch.setattr(pipeline, "load", lambda: short)
    with pytest.raises(DataRefused, match=r"20 rows, but .* at least 39") as raised:
        pipeline.run(context)
    assert raised.value.code == "data_error"
    assert raised.value.hint


def test_notes_on_the_data_are_warned_of_and_reported(
    make: Make, series: TimeSeries, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = make(training={"epochs": 1})
    noted = replace(series, notes=({"tr": "Çevrildi.", "en": "Turned around."},))
    monkeypatch.setattr(pipeline, "load", lambda: noted)
    results = pipeline.run(context).results
    assert context.warnings == [("data", "Turned around.")]
    assert results["data"]["notes"] == [{"tr": "Çevrildi.", "en": "Turned around."}]


def test_even_a_constant_series_ends_with_an_honest_sentence(
    make: Make, series: TimeSeries, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = make(training={"epochs": 1})
    monkeypatch.setattr(pipeline, "load", lambda: replace(series, target=np.full(len(series), 7.0)))
    verdict = pipeline.run(context).results["verdict"]
    assert verdict["score"]["beats_baseline"] is False
    assert verdict["score"]["skill"] is None
    assert "made no error on the test part" in verdict["sentence"]["en"]


class SourcedConfig(TimeSeriesConfig):
    """A config that says where its data comes from."""

    source: str = "here"


def test_a_fork_may_change_how_it_trains_and_not_its_data(make: Make, tmp_path: Path) -> None:
    def build(source: str, *, epochs: int) -> Any:
        pipeline = make(training={"epochs": epochs})
        pipeline.config = SourcedConfig(source=source, **pipeline.config.model_dump())
        return pipeline

    first = RecordingContext(tmp_path / "first")
    build("here", epochs=2).run(first)
    with pytest.raises(DataRefused, match="another source") as refused:
        build("there", epochs=3).run(RecordingContext(tmp_path / "other", resume_from=first.kept[-1]))
    assert refused.value.pointer == "/source"
    longer = RecordingContext(tmp_path / "longer", resume_from=first.kept[-1])
    build("here", epochs=3).run(longer)
    assert [report.epoch for report in longer.epochs] == [3]
    assert longer.data_hashes == first.data_hashes


def test_each_epoch_tells_the_digests_of_its_layers(finished: Finished) -> None:
    told = [report.weights for report in finished[0].epochs]
    assert all(list(one) == list(told[0]) and len(one) >= 2 for one in told)
    assert all(one[layer] != other[layer] for one, other in pairwise(told) for layer in one)


def test_a_resumed_run_goes_on_with_the_data_it_began_with(
    make: Make, series: TimeSeries, finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source such as Yahoo answers differently an hour later; what was learnt from belongs to the checkpoint."""
    pipeline = make()
    later = replace(series, target=series.target[::-1].copy(), source="an hour later")
    monkeypatch.setattr(pipeline, "load", lambda: later)
    context = RecordingContext(tmp_path, resume_from=finished[0].kept[0])

    results = pipeline.run(context).results

    assert results["reproducibility"]["weights_hash"] == finished[1].results["reproducibility"]["weights_hash"]
    assert results["data"] == finished[1].results["data"]


def different(theirs: Any, ours: Any) -> set[str]:
    return {key for key in ours if theirs[key] != ours[key]}


def test_a_run_on_another_device_leaves_the_same_results_and_the_same_bundle(
    other_device: Any, make: Make, tmp_path: Path
) -> None:
    """The context says where; what is left behind names no device and is of the host."""
    left = {}
    for device in (Device.GPU, Device.CPU):
        context = RecordingContext(tmp_path / device, device=device)
        left[device] = make(training={"epochs": 2}).run(context)
    theirs, ours = (left[device].results for device in (Device.GPU, Device.CPU))
    assert theirs.keys() == ours.keys()
    if other_device.double is not None:
        assert different(theirs, ours) == {"reproducibility", "seconds"}
        assert different(theirs["reproducibility"], ours["reproducibility"]) == {"device"}
    else:
        assert theirs["metrics"]["test"]["rmse"] == pytest.approx(ours["metrics"]["test"]["rmse"], rel=1e-2)
    assert (theirs["reproducibility"]["device"], ours["reproducibility"]["device"]) == ("gpu", "cpu")
    [bundle] = [file for file in left[Device.GPU].files if file.kind == "model"]
    assert unpack_bundle(bundle.path, tmp_path / "bundle").model.device is Device.CPU
