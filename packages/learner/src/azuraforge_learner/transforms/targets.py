"""Target transforms: what a model learns instead of the raw level, and the exact way back.

Each turns the step from an `earlier` level to a `later` one into one value; the inverse turns that value and the
earlier level, which is known when predicting, into the later level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class TargetTransform:
    """The identity; subclasses say what they learn instead."""

    kind: ClassVar[str] = "none"
    needs_positive: ClassVar[bool] = False

    def forward(self, later: Values, *, earlier: Values) -> Values:
        """What the model learns about a step from `earlier` to `later`, elementwise."""
        del earlier
        return later

    def inverse(self, values: Values, *, earlier: Values) -> Values:
        """The later levels, in the target's own unit."""
        del earlier
        return values

    def to_dict(self) -> dict[str, Any]:
        """The transform as JSON-able data."""
        return {"kind": self.kind}


@dataclass(frozen=True)
class LogReturn(TargetTransform):
    """log(later / earlier): a relative step, comparable over decades of growth."""

    kind: ClassVar[str] = "log_return"
    needs_positive: ClassVar[bool] = True

    def forward(self, later: Values, *, earlier: Values) -> Values:
        """Log of the ratio."""
        return np.log(later) - np.log(earlier)

    def inverse(self, values: Values, *, earlier: Values) -> Values:
        """Exp(value) times the earlier level."""
        return earlier * np.exp(values)


@dataclass(frozen=True)
class Difference(TargetTransform):
    """later - earlier: for series that may be zero or negative."""

    kind: ClassVar[str] = "difference"

    def forward(self, later: Values, *, earlier: Values) -> Values:
        """The step."""
        return later - earlier

    def inverse(self, values: Values, *, earlier: Values) -> Values:
        """The earlier level plus the step."""
        return earlier + values


@dataclass(frozen=True)
class Log(TargetTransform):
    """log(later): levels over orders of magnitude."""

    kind: ClassVar[str] = "log"
    needs_positive: ClassVar[bool] = True

    def forward(self, later: Values, *, earlier: Values) -> Values:
        """Log of the level."""
        del earlier
        return np.log(later)

    def inverse(self, values: Values, *, earlier: Values) -> Values:
        """The level."""
        del earlier
        return np.exp(values)


def steps(transform: TargetTransform, levels: Values) -> Values:
    """The transform of every step inside `levels (rows,)`; the first row counts as a step from itself."""
    return transform.forward(levels, earlier=np.concatenate([levels[:1], levels[:-1]]))


def target_transform(document: Mapping[str, Any] | str) -> TargetTransform:
    """The transform of a kind, or the one that `to_dict` described.

    Raises:
        ValueError: an unknown kind; names the known ones.
    """
    kind = document if isinstance(document, str) else str(document["kind"])
    known = {t.kind: t for t in (LogReturn, Difference, Log, TargetTransform)}
    if kind not in known:
        raise ValueError(f"unknown target transform {kind!r}; known are {', '.join(sorted(known))}")
    return known[kind]()
