"""The conformance check of pipelines: what an app's own tests call, and what a plug-in must pass."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel
from safetensors import numpy as safetensors

from azuraforge_learner.bundle_archive import unpack_bundle
from azuraforge_learner.errors import BundleInvalid
from azuraforge_learner.pipelines.base import EpochReport, Pipeline, PipelineResult, TrainingStopped
from azuraforge_learner.pipelines.recording import RecordingContext
from azuraforge_learner.pipelines.schema_check import LANGUAGES, find_schema_faults
from azuraforge_learner.pipelines.time_series import TimeSeriesPipeline

RESULT_KEYS = frozenset(
    {
        "format",
        "pipeline",
        "pipeline_version",
        "metrics",
        "baselines",
        "verdict",
        "history",
        "data",
        "config",
        "model",
        "reproducibility",
        "seconds",
    }
)
TIMED_KEYS = ("seconds",)


class PipelineCheckFailed(AssertionError):
    """A pipeline does not do what the platform relies on; the message says what and where."""


def check_pipeline(
    pipeline: type[Pipeline], *, folder: Path, config: Mapping[str, Any] | None = None
) -> PipelineResult:
    """Show that `pipeline` keeps every promise; trains three times with `config` (default: its sample).

    Its words and schema are complete, its sample is valid, the data is named by its hash, every epoch is reported once
    and in order before its checkpoint, every parameter moves, no training window knows the future (time series),
    results and files are complete, and a training that was stopped inside an epoch and resumed ends equal bit for bit.

    Raises:
        PipelineCheckFailed: says what was expected and what was found.
    """
    _check_words(pipeline)
    _check_sample(pipeline)
    chosen = pipeline.Config.model_validate(dict(pipeline.sample if config is None else config))
    context = RecordingContext(folder / "whole")
    result = pipeline(chosen).run(context)
    _check_reports(context)
    _check_data(context)
    _check_movement(context)
    _check_results(result)
    _check_files(result, context=context, folder=folder)
    _check_resume(pipeline, chosen, whole=result, context=context, folder=folder)
    if issubclass(pipeline, TimeSeriesPipeline):
        check_blindness(pipeline, chosen)
    return result


def check_blindness(pipeline: type[TimeSeriesPipeline], config: BaseModel) -> None:
    """Show that nothing that trains depends on what comes later.

    The series after the last training answer is replaced: training inputs, answers and scalers must stay. Then the
    rows after the last training origin are replaced too: training inputs must stay, since no window sees its answer.

    Raises:
        PipelineCheckFailed: names what changed.
    """
    made = pipeline(config)
    series = made.load()
    whole = made.prepare(series)
    last_origin = int(whole.train.origins[-1])
    for first_changed, kept in (
        (last_origin + whole.horizon + 1, ("inputs", "targets")),
        (last_origin + 1, ("inputs",)),
    ):
        later = np.arange(len(series)) >= first_changed
        changed = replace(
            series,
            target=np.where(later, series.target * 3.0 + 1.0, series.target),
            columns={name: np.where(later, values * 3.0 + 1.0, values) for name, values in series.columns.items()},
        )
        other = made.prepare(changed)
        for name in kept:
            if not np.array_equal(getattr(whole.train, name), getattr(other.train, name)):
                raise PipelineCheckFailed(
                    f"the training {name} depend on rows from {first_changed} on, which no training window may know: "
                    "is a scaler fitted to the whole series, or does a feature look ahead?"
                )


def _check_words(pipeline: type[Pipeline]) -> None:
    if not pipeline.name.isidentifier() or not pipeline.version or not pipeline.task:
        raise PipelineCheckFailed("a pipeline needs a name (letters, digits, underscores), a version and a task")
    for what in ("title", "description"):
        for language in LANGUAGES:
            if not getattr(pipeline, what).get(language):
                raise PipelineCheckFailed(f"the {what} of {pipeline.name} has no text in {language!r}")
    faults = find_schema_faults(pipeline.Config.model_json_schema())
    if faults:
        raise PipelineCheckFailed(f"the config of {pipeline.name} is not ready for a form: " + "; ".join(faults))


def _check_sample(pipeline: type[Pipeline]) -> None:
    sample = pipeline.Config.model_validate(dict(pipeline.sample))
    problems = pipeline.preflight(sample)
    if problems:
        raise PipelineCheckFailed(f"the sample of {pipeline.name} could not train: {problems[0].message}")


def _check_reports(context: RecordingContext) -> None:
    epochs = [report.epoch for report in context.epochs]
    if len(epochs) < 2:
        raise PipelineCheckFailed(f"give a config of at least 2 epochs to the check; {len(epochs)} were reported")
    if epochs != list(range(1, len(epochs) + 1)):
        raise PipelineCheckFailed(f"epochs must be reported once each and in order, not as {epochs}")
    kinds = [("epoch" if isinstance(report, EpochReport) else "checkpoint", report.epoch) for report in context.reports]
    expected = [(kind, epoch) for epoch in epochs for kind in ("epoch", "checkpoint")]
    if kinds != expected:
        raise PipelineCheckFailed(f"each epoch's report must come right before its checkpoint's; the order was {kinds}")
    for report in context.epochs:
        if not {"loss", "validation_loss"} <= report.metrics.keys():
            raise PipelineCheckFailed(f"epoch {report.epoch} lacks loss or validation_loss: {sorted(report.metrics)}")
    if not context.asked:
        raise PipelineCheckFailed("the pipeline never asked whether to stop")


def _check_data(context: RecordingContext) -> None:
    if len(set(context.data_hashes)) != 1 or not context.data_hashes[0]:
        raise PipelineCheckFailed(
            f"the hash of the data must be reported once, by context.data(sha256); reported were {context.data_hashes}"
        )


def _check_movement(context: RecordingContext) -> None:
    first, last = (safetensors.load_file(context.kept[place] / "model.safetensors") for place in (0, -1))
    still = [name for name, array in first.items() if np.array_equal(array, last[name])]
    if still:
        raise PipelineCheckFailed(f"training did not move {', '.join(still)} between its first and last epoch")


def _check_results(result: PipelineResult) -> None:
    results = result.results
    missing = sorted(RESULT_KEYS - results.keys())
    if missing:
        raise PipelineCheckFailed(f"the results lack {', '.join(missing)}")
    for place, value in _numbers(results, "results"):
        if not math.isfinite(value):
            raise PipelineCheckFailed(f"{place} is {value}; a number that is not finite is null")
    json.dumps(results, allow_nan=False)
    if not results["baselines"]:
        raise PipelineCheckFailed("the results hold no baseline")
    for row in results["baselines"]:
        if row["metrics"].keys() != results["metrics"]["test"].keys():
            raise PipelineCheckFailed(f"the baseline {row['name']} is not measured like the model on the test part")
    for language in LANGUAGES:
        if not results["verdict"]["sentence"].get(language):
            raise PipelineCheckFailed(f"the verdict has no sentence in {language!r}")


def _check_files(result: PipelineResult, *, context: RecordingContext, folder: Path) -> None:
    names = [file.name for file in result.files]
    if len(set(names)) != len(names):
        raise PipelineCheckFailed(f"two files have one name: {sorted(names)}")
    for file in result.files:
        if not file.path.resolve().is_relative_to(context.folder.resolve()) or "/" in file.name:
            raise PipelineCheckFailed(f"{file.name} lies outside the context's folder, or its name holds a path")
        if not file.path.is_file() or not file.path.stat().st_size:
            raise PipelineCheckFailed(f"{file.name} was announced but is missing or empty")
    if "text/html" not in {file.media_type for file in result.files}:
        raise PipelineCheckFailed("there is no report in HTML")
    models = [file for file in result.files if file.kind == "model"]
    if not models:
        raise PipelineCheckFailed("there is no model bundle")
    try:
        unpack_bundle(models[0].path, folder / "bundle")
    except BundleInvalid as error:
        raise PipelineCheckFailed(f"the model bundle cannot be loaded: {error}") from error


def _check_resume(
    pipeline: type[Pipeline], config: BaseModel, *, whole: PipelineResult, context: RecordingContext, folder: Path
) -> None:
    per_epoch = context.asked // len(context.epochs)
    stopped = RecordingContext(folder / "stopped", stop_at_batch=per_epoch + max(1, per_epoch // 2))
    try:
        pipeline(config).run(stopped)
    except TrainingStopped:
        pass
    else:
        raise PipelineCheckFailed("a requested stop did not end the run with TrainingStopped")
    if len(stopped.checkpoints) != len(stopped.epochs) + 1:
        raise PipelineCheckFailed("a stop inside an epoch must leave one more checkpoint")
    resumed = RecordingContext(folder / "resumed", resume_from=stopped.kept[-1])
    result = pipeline(config).run(resumed)
    if resumed.data_hashes != context.data_hashes:
        raise PipelineCheckFailed("a resumed training must report the same data as an undisturbed one")
    epochs = [report.epoch for report in (*stopped.epochs, *resumed.epochs)]
    if epochs != [report.epoch for report in context.epochs]:
        raise PipelineCheckFailed(f"a resumed training reports the epochs that were left, once; all were {epochs}")
    one, other = (
        {key: value for key, value in found.results.items() if key not in TIMED_KEYS} for found in (whole, result)
    )
    different = sorted(key for key in one if one[key] != other[key])
    if different:
        raise PipelineCheckFailed(
            f"a stopped and resumed training differs from an undisturbed one in {', '.join(different)}: "
            "is some random state or data position missing from the checkpoint?"
        )


def _numbers(value: Any, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, f"{place}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _numbers(item, f"{place}[{number}]")
    elif isinstance(value, float):
        yield place, value
