"""From a series to what a model trains on: features, windows, split, scalers. Pure, and blind to the future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from azuraforge_learner.data import TimeSeries, TimeSplit, split_in_time, windows_at
from azuraforge_learner.data.windows import Rows
from azuraforge_learner.pipelines.errors import DataRefused
from azuraforge_learner.pipelines.series_config import TimeSeriesConfig
from azuraforge_learner.transforms import (
    CalendarFeatures,
    Scaler,
    StandardScaler,
    TargetTransform,
    steps,
    target_transform,
)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One part of the split: `inputs (n, length, features)` and `targets (n, 1)`, scaled, float32."""

    origins: Rows
    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.origins)


@dataclass(frozen=True)
class PreparedSeries:
    """A series ready for training, and the way back to its own unit."""

    series: TimeSeries
    length: int
    horizon: int
    feature_names: tuple[str, ...]
    transform: TargetTransform
    calendar: CalendarFeatures
    feature_scaler: Scaler
    target_scaler: Scaler
    train: Part
    validation: Part
    test: Part

    def restore(self, part: Part, outputs: NDArray[Any]) -> Values:
        """Model outputs `(n, 1)` as levels `(n,)` in the target's unit, through the last level known at each origin."""
        values = self.target_scaler.invert(outputs.astype(np.float64))[:, 0]
        with np.errstate(over="ignore"):  # an output that is far off becomes inf here and is refused as diverged
            return self.transform.inverse(values, earlier=self.previous(part))

    def actual(self, part: Part) -> Values:
        """The levels that came, `(n,)`."""
        return self.series.target[part.origins + self.horizon]

    def previous(self, part: Part) -> Values:
        """The last level known at each origin, `(n,)`."""
        return self.series.target[part.origins]

    def dates(self, part: Part) -> list[str]:
        """The date of each answer."""
        labels = self.series.labels()
        return [labels[row] for row in part.origins + self.horizon]

    def to_dict(self) -> dict[str, Any]:
        """Everything a prediction needs besides the model, as JSON-able data."""
        return {
            "format": "azf.preprocess/1",
            "kind": "time_series",
            "length": self.length,
            "horizon": self.horizon,
            "features": list(self.feature_names),
            "target": {"name": self.series.target_name, "unit": self.series.unit},
            "target_transform": self.transform.to_dict(),
            "calendar": self.calendar.to_dict(),
            "feature_scaler": self.feature_scaler.to_dict(),
            "target_scaler": self.target_scaler.to_dict(),
        }


def prepare_series(
    series: TimeSeries, *, config: TimeSeriesConfig, extra: Mapping[str, Values] | None = None
) -> PreparedSeries:
    """Build windows and fit every scaler on the training part alone.

    Feature 0 is always the target's own step; then `extra` features, one value per row known at that row, then the
    calendar.

    Raises:
        TooFewRows: says how many rows are needed.
        DataRefused: values that the transform cannot take, or that leave the range of training numbers.
    """
    length, horizon = config.window.length, config.window.horizon
    split = split_in_time(
        len(series), length=length, horizon=horizon, validation=config.split.validation, test=config.split.test
    )
    transform = target_transform(config.window.transform)
    check_levels(series, transform)
    seen = int(split.train[-1]) + 1  # rows that some training window sees
    calendar = CalendarFeatures.fit(series.dates[:seen], kinds=config.calendar)
    columns = {series.target_name: steps(transform, series.target), **(extra or {})}
    features = np.column_stack([*columns.values(), calendar.apply(series.dates)])
    answers = transform.forward(series.target[horizon:], earlier=series.target[:-horizon])[:, None]
    feature_scaler = StandardScaler.fit(features[:seen])
    target_scaler = StandardScaler.fit(answers[split.train])
    parts = _parts(split, features=feature_scaler.apply(features), answers=target_scaler.apply(answers), length=length)
    return PreparedSeries(
        series=series,
        length=length,
        horizon=horizon,
        feature_names=(*columns, *calendar.names()),
        transform=transform,
        calendar=calendar,
        feature_scaler=feature_scaler,
        target_scaler=target_scaler,
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
    )


def check_levels(series: TimeSeries, transform: TargetTransform) -> None:
    """Refuse levels that the transform cannot take.

    Raises:
        DataRefused: names the first row at fault.
    """
    if transform.needs_positive and (series.target <= 0).any():
        row = int(np.argmax(series.target <= 0))
        raise DataRefused(
            f"{series.target_name} is {series.target[row]:g} on {series.labels()[row]}, but a logarithm needs "
            "values above zero.",
            hint="Choose the transform “difference” or “none”, or correct the value.",
            pointer="/window/transform",
        )


def _parts(split: TimeSplit, *, features: Values, answers: Values, length: int) -> dict[str, Part]:
    with np.errstate(over="ignore"):  # what leaves float32 becomes inf and is refused below
        narrow, targets = features.astype(np.float32), answers.astype(np.float32)
    if not (np.isfinite(narrow).all() and np.isfinite(targets).all()):
        raise DataRefused(
            "Values after the training part are too far outside its range to be scaled.",
            hint="Look for wrong values in the series; a unit that changes half-way is a common reason.",
        )
    return {
        name: Part(origins, np.ascontiguousarray(windows_at(narrow, origins, length=length)), targets[origins])
        for name, origins in (("train", split.train), ("validation", split.validation), ("test", split.test))
    }
