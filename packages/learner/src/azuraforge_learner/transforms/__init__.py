"""Transforms fitted on the training part, stored as data and inverted where the target needs it."""

from collections.abc import Mapping
from typing import Any

from azuraforge_learner.transforms.calendar import CalendarFeatures
from azuraforge_learner.transforms.scalers import MinMaxScaler, RobustScaler, Scaler, StandardScaler
from azuraforge_learner.transforms.targets import Difference, Log, LogReturn, TargetTransform, steps, target_transform

__all__ = [
    "CalendarFeatures",
    "Difference",
    "Log",
    "LogReturn",
    "MinMaxScaler",
    "RobustScaler",
    "Scaler",
    "StandardScaler",
    "TargetTransform",
    "scaler_from_dict",
    "steps",
    "target_transform",
]


def scaler_from_dict(document: Mapping[str, Any]) -> Scaler:
    """The scaler that `Scaler.to_dict` described.

    Raises:
        ValueError: an unknown kind; names the known ones.
    """
    known: dict[str, type[Scaler]] = {cls.kind: cls for cls in (StandardScaler, MinMaxScaler, RobustScaler)}
    if document["kind"] not in known:
        raise ValueError(f"unknown scaler {document['kind']!r}; known are {', '.join(sorted(known))}")
    return known[document["kind"]].from_dict(document)
