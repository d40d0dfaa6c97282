"""How a metric went, in as many points as a chart can show."""

from __future__ import annotations

from azuraforge_contracts.message import Message


class MetricBucket(Message):
    """Neighbouring steps as one point of a chart; the extremes of the steps are the extremes of the bucket."""

    first: int
    last: int
    low: float | None
    high: float | None
    mean: float | None
    """Null, like `low` and `high`, where no value is finite: a gap in the curve."""
    count: int
    """Steps that there are, finite or not."""
    nonfinite: int = 0


class MetricHistory(Message):
    """`GET /api/v1/experiments/{task_id}/metrics?name=…&points=…`: at most `points` buckets in order of their steps."""

    name: str
    count: int
    """Steps that the buckets stand for."""
    last_step: int
    """0 while there is none."""
    buckets: list[MetricBucket]
