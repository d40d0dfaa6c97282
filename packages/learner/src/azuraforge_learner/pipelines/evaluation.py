"""How good a trained model is: metrics on every part, baselines on the test part, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from azuraforge_learner.baselines import NAIVE_BASELINES, Baseline
from azuraforge_learner.metrics import Comparison, compare, regression_metrics
from azuraforge_learner.pipelines.errors import TrainingDiverged
from azuraforge_learner.pipelines.preparation import Part, PreparedSeries
from azuraforge_learner.reports import verdict_sentence

Values = NDArray[np.float64]
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class BaselineScore:
    """A baseline's metrics and forecasts on the test part."""

    baseline: Baseline
    metrics: Mapping[str, float]
    predicted: Values


@dataclass(frozen=True)
class Evaluation:
    """Everything that was measured after training; all in the target's unit."""

    metrics: Mapping[str, Mapping[str, float]]
    """Part of the split → metric → value."""
    actual: Values
    predicted: Values
    """Test part."""
    baselines: tuple[BaselineScore, ...]
    best_baseline: BaselineScore
    comparison: Comparison
    sentence: Mapping[str, str]


def evaluate_model(prepared: PreparedSeries, outputs: Mapping[str, NDArray[np.float32]], *, seed: int) -> Evaluation:
    """Measure `outputs` (part → `(n, 1)`) beside the baselines on the same test windows.

    Raises:
        TrainingDiverged: a prediction is not a finite number.
    """
    predicted = {name: prepared.restore(_part(prepared, name), outputs[name]) for name in PARTS}
    for name, values in predicted.items():
        if not np.isfinite(values).all():
            raise TrainingDiverged(
                f"The trained model's predictions on the {name} part are not all finite numbers.",
                hint="Lower the learning rate, or keep gradient clipping on.",
                pointer="/training/learning_rate",
            )
    baselines = tuple(score_baseline(baseline, prepared) for baseline in NAIVE_BASELINES)
    best = min(baselines, key=lambda scored: scored.metrics["rmse"])
    actual = prepared.actual(prepared.test)
    comparison = compare(predicted["test"] - actual, best.predicted - actual, seed=seed)
    metrics = {name: measure(prepared, _part(prepared, name), values) for name, values in predicted.items()}
    return Evaluation(
        metrics=metrics,
        actual=actual,
        predicted=predicted["test"],
        baselines=baselines,
        best_baseline=best,
        comparison=comparison,
        sentence=verdict_sentence(
            comparison,
            error=metrics["test"]["rmse"],
            baseline_error=best.metrics["rmse"],
            baseline=best.baseline.title,
            unit=prepared.series.unit,
        ),
    )


def score_baseline(baseline: Baseline, prepared: PreparedSeries) -> BaselineScore:
    """A baseline on the test part."""
    predicted = baseline.predict(prepared.series.target, prepared.test.origins, prepared.horizon)
    return BaselineScore(baseline, measure(prepared, prepared.test, predicted), predicted)


def measure(prepared: PreparedSeries, part: Part, predicted: Values) -> dict[str, float]:
    """Every metric of forecasts for one part."""
    return regression_metrics(prepared.actual(part), predicted, previous=prepared.previous(part))


def _part(prepared: PreparedSeries, name: str) -> Part:
    parts = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    return parts[name]
