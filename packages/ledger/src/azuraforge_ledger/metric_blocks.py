"""A metric's history in blocks of 64 steps, so that a chart of a million points reads a few thousand rows.

Epochs come in order and never change, so a block is written in the transaction of its last epoch and is final. The
reader takes whole blocks where a bucket is at least that wide, and the steps themselves where it is not and at the end.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Dialect, Text, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge_contracts import MetricBucket, MetricHistory, is_id
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import ExperimentMissing
from azuraforge_ledger.prepared import Prepared
from azuraforge_ledger.tables import experiment, metric, metric_block

BLOCK: Final = 64
MOST_POINTS: Final = 2000


class BlockWriter:
    """Writes the blocks that an epoch completes; part of the hot path, so its statements are prepared."""

    def __init__(self, dialect: Dialect) -> None:
        given = partial(bindparam, required=False)  # the values come when it runs
        name = select(func.min(metric.c.name)).where(
            metric.c.experiment == given("task_id"), metric.c.name > given("before", type_=Text())
        )
        self._next_name = Prepared(name, dialect)
        chosen = [metric.c.experiment == given("task_id"), metric.c.name == given("known")]
        rows = select(
            metric.c.experiment,
            metric.c.name,
            given("number", type_=metric_block.c.block.type),
            *_sums(metric.c.value, size=BLOCK),
        ).where(*chosen, metric.c.step.between(given("first"), given("last")))
        rows = rows.group_by(metric.c.experiment, metric.c.name)
        build = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        names = [column.name for column in metric_block.columns]
        self._store = Prepared(build(metric_block).from_select(names, rows).on_conflict_do_nothing(), dialect)

    def write(self, connection: Connection, task_id: str, *, epoch: int) -> None:
        """Write the block of every metric if `epoch`, just stored, is the last one of a block."""
        if epoch % BLOCK:
            return
        span = {"task_id": task_id, "number": epoch // BLOCK - 1, "first": epoch - BLOCK + 1, "last": epoch}
        name = self._next_name.find_one(connection, {"task_id": task_id, "before": ""})
        while name is not None and name[0] is not None:  # a metric may be missing from this very epoch
            self._store.run_many(connection, [{**span, "known": name[0]}])
            name = self._next_name.find_one(connection, {"task_id": task_id, "before": name[0]})


class _Part(NamedTuple):
    """What some steps add up to; `share` is their sum divided by the bucket's width."""

    low: float | None
    high: float | None
    share: float | None
    finite: int
    steps: int


class Metrics:
    """The metrics of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read_history(self, task_id: str, name: str, *, points: int = 500) -> MetricHistory:
        """How a metric went, in at most `points` buckets (1 to 2,000) that keep its extremes and its gaps.

        An experiment without that metric has an empty history.

        Raises:
            ExperimentMissing: there is no such experiment.
            ValueError: `points` is out of range.
        """
        if not 1 <= points <= MOST_POINTS:
            raise ValueError(f"points is {points}, expected 1 to {MOST_POINTS}.")
        with self._database.read() as connection:
            epoch = _last_epoch(connection, task_id)
            span = _find_span(connection, task_id, name)
            if span is None:
                return MetricHistory(name=name, count=0, last_step=0, buckets=[])
            reader = _Reader(connection, task_id, name=name, span=span, points=points)
            buckets = reader.buckets(whole_until=epoch // BLOCK * BLOCK)
        return MetricHistory(name=name, count=sum(one.count for one in buckets), last_step=span[1], buckets=buckets)


class _Reader:
    """Buckets of equal width over the steps from `span[0]` to `span[1]`, aligned to blocks when they are wide."""

    def __init__(self, connection: Connection, task_id: str, *, name: str, span: tuple[int, int], points: int) -> None:
        self._connection = connection
        self._task_id = task_id
        self._name = name
        self._first, self._last = span
        self._width = -(-(self._last - self._first + 1) // points)
        self._start = self._first
        if self._width >= BLOCK:
            self._start = (self._first - 1) // BLOCK * BLOCK + 1
            self._width = -(-(self._last - self._start + 1) // points)
            self._width = -(-self._width // BLOCK) * BLOCK

    def buckets(self, *, whole_until: int) -> list[MetricBucket]:
        """The buckets in order; those without any step are left out."""
        parts: dict[int, _Part] = {}
        steps_from = self._first
        if self._width >= BLOCK:
            parts = self._read_blocks(until=whole_until)
            steps_from = max(self._first, whole_until + 1)
        for number, part in self._read_steps(steps_from).items():
            parts[number] = _merge(parts[number], part) if number in parts else part
        return [self._bucket(number, parts[number]) for number in sorted(parts)]

    def _read_blocks(self, *, until: int) -> dict[int, _Part]:
        table, first = metric_block, (self._start - 1) // BLOCK
        per_bucket = self._width // BLOCK
        number = ((table.c.block - first) // per_bucket).label("number")
        query = select(
            number,
            func.min(table.c.low),
            func.max(table.c.high),
            func.sum(table.c.share / float(per_bucket)),
            func.sum(table.c.finite),
            func.sum(table.c.count),
        ).where(table.c.experiment == self._task_id, table.c.name == self._name)
        return self._read(query.where(table.c.block.between(first, until // BLOCK - 1)).group_by(number))

    def _read_steps(self, first: int) -> dict[int, _Part]:
        number = ((metric.c.step - self._start) // self._width).label("number")
        query = select(number, *_sums(metric.c.value, size=self._width)).where(
            metric.c.experiment == self._task_id,
            metric.c.name == self._name,
            metric.c.step.between(first, self._last),
        )
        return self._read(query.group_by(number))

    def _read(self, query: Any) -> dict[int, _Part]:
        return {
            int(row[0]): _Part(row[1], row[2], row[3], finite=int(row[4]), steps=int(row[5]))
            for row in self._connection.execute(query)
        }

    def _bucket(self, number: int, part: _Part) -> MetricBucket:
        first = self._start + number * self._width
        mean = None if part.share is None else part.share * (self._width / part.finite)
        return MetricBucket(
            first=max(first, self._first),
            last=min(first + self._width - 1, self._last),
            low=part.low,
            high=part.high,
            mean=mean if mean is None or part.low is None or part.high is None else min(max(mean, part.low), part.high),
            count=part.steps,
            nonfinite=part.steps - part.finite,
        )


def _sums(value: ColumnElement[Any], *, size: int) -> tuple[ColumnElement[Any], ...]:
    return (
        func.min(value),
        func.max(value),
        func.sum(value / float(size)),  # a plain sum of large values would overflow
        func.count(value),
        func.count(),
    )


def _merge(one: _Part, other: _Part) -> _Part:
    lows = [part.low for part in (one, other) if part.low is not None]
    highs = [part.high for part in (one, other) if part.high is not None]
    shares = [part.share for part in (one, other) if part.share is not None]
    return _Part(
        min(lows, default=None),
        max(highs, default=None),
        sum(shares) if shares else None,
        finite=one.finite + other.finite,
        steps=one.steps + other.steps,
    )


def _last_epoch(connection: Connection, task_id: str) -> int:
    found: int | None = None
    if is_id(task_id):
        found = connection.execute(select(experiment.c.epoch).where(experiment.c.id == task_id)).scalar_one_or_none()
    if found is None:
        raise ExperimentMissing(task_id)
    return found


def _find_span(connection: Connection, task_id: str, name: str) -> tuple[int, int] | None:
    """First and last step; each is one search of the primary key, which both at once would not be."""
    ends = [
        connection.execute(
            select(metric.c.step)
            .where(metric.c.experiment == task_id, metric.c.name == name)
            .order_by(metric.c.step.asc() if is_first else metric.c.step.desc())
            .limit(1)
        ).scalar_one_or_none()
        for is_first in (True, False)
    ]
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])
