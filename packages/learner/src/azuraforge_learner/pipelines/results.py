"""The results document `azf.results/1` of a time series experiment, without its `task_id`."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from azuraforge_core import to_host
from azuraforge_learner.layers import Graph, Layer, Sequential, count_parameters
from azuraforge_learner.metrics import Outcome
from azuraforge_learner.pipelines.evaluation import Evaluation
from azuraforge_learner.pipelines.preparation import PreparedSeries
from azuraforge_learner.pipelines.series_config import TimeSeriesConfig
from azuraforge_learner.pipelines.series_training import TrainedSeries

LONGEST_TEXT: Final = 500
"""A CSV inside the config is named by its hash: the results stay readable, and the data's hash is there."""
PACKAGES: Final = ("azuraforge-core", "azuraforge-learner", "numpy")


def results_document(
    *,
    pipeline: Mapping[str, str],
    config: TimeSeriesConfig,
    prepared: PreparedSeries,
    trained: TrainedSeries,
    evaluation: Evaluation,
    seconds: float,
    threads: int,
    provenance: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that the experiment found, as JSON-able data; `pipeline` holds `name` and `version`."""
    best = evaluation.best_baseline
    unit = prepared.series.unit
    return {
        "format": "azf.results/1",
        "pipeline": pipeline["name"],
        "pipeline_version": pipeline["version"],
        "metrics": {part: _numbers(values) for part, values in evaluation.metrics.items()},
        "units": {"mae": unit, "rmse": unit},
        "baselines": [
            {"name": s.baseline.name, "title": dict(s.baseline.title), "metrics": _numbers(s.metrics)}
            for s in evaluation.baselines
        ],
        "verdict": _verdict(evaluation, unit=unit),
        "series": {
            "x": prepared.dates(prepared.test),
            "actual": evaluation.actual.tolist(),
            "predicted": evaluation.predicted.tolist(),
            "baseline": best.predicted.tolist(),
            "unit": unit,
        },
        "history": [_epoch_row(row) for row in trained.learner.history.rows],
        "best_epoch": trained.best_epoch,
        "data": data_card(prepared),
        "config": _shortened(config.model_dump(mode="json")),
        "model": describe_model(trained.model),
        "reproducibility": {
            "seed": config.training.seed,
            "config_hash": config_hash(config),
            "data_hash": prepared.series.sha256(),
            "weights_hash": weights_hash(trained.model),
            "device": str(next(iter(trained.model.parameters().values())).device),
            "threads": threads,
            "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        },
        "provenance": dict(provenance) if provenance else None,
        "seconds": seconds,
    }


def _verdict(evaluation: Evaluation, *, unit: str) -> dict[str, Any]:
    comparison, best = evaluation.comparison, evaluation.best_baseline
    return {
        "score": {
            "metric": "rmse",
            "value": _number(evaluation.metrics["test"]["rmse"]),
            "unit": unit,
            "baseline": best.baseline.name,
            "baseline_value": _number(best.metrics["rmse"]),
            "skill": comparison.skill,
            "beats_baseline": comparison.outcome is Outcome.BEATS,
        },
        "sentence": dict(evaluation.sentence),
        "outcome": str(comparison.outcome),
        "skill_low": comparison.low,
        "skill_high": comparison.high,
    }


def data_card(prepared: PreparedSeries) -> dict[str, Any]:
    """Which data was used and how it was split."""
    labels = prepared.series.labels()
    return {
        "source": prepared.series.source,
        "rows": len(prepared.series),
        "sha256": prepared.series.sha256(),
        "first": labels[0],
        "last": labels[-1],
        "target": prepared.series.target_name,
        "features": list(prepared.feature_names),
        "split": {
            "train": len(prepared.train),
            "validation": len(prepared.validation),
            "test": len(prepared.test),
        },
        "notes": [dict(note) for note in prepared.series.notes],
    }


def describe_model(model: Sequential | Graph) -> dict[str, Any]:
    """Layers in order with their settings, and how many numbers training may change."""
    return {
        "parameters": count_parameters(model),
        "layers": [
            {"type": layer.spec.type, "settings": layer.settings(), "parameters": count_parameters(layer)}
            for layer in model.children().values()
        ],
    }


def config_hash(config: TimeSeriesConfig) -> str:
    """Hash of the whole config in canonical JSON, defaults included."""
    content = json.dumps(config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def weights_hash(model: Layer) -> str:
    """Hash of every parameter and buffer: equal only for weights that are equal bit for bit."""
    digest = hashlib.sha256()
    for name, array in sorted(model.arrays().items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(to_host(array)).tobytes())
    return digest.hexdigest()


def _epoch_row(row: Mapping[str, float]) -> dict[str, Any]:
    return {"epoch": int(row["epoch"]), "metrics": _numbers({k: v for k, v in row.items() if k != "epoch"})}


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _shortened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, str):
        if len(value) <= LONGEST_TEXT:
            return value
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()} ({len(value)} characters)"
    return [_shortened(item) for item in value] if isinstance(value, Iterable) else value
