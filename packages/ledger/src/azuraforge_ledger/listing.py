"""The list of experiments in any order: by time, by name, by score or by a metric's last value.

Experiments without the value come last whichever way the list goes, so a page is read in two steps: those that have
it, which an index can give in order, and only if that does not fill the page those that have not. Ties are broken by
id, newest first. A page begins after the last row of the one before (keyset), so it costs the same wherever it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from azuraforge_ledger.columns import dump_json
from azuraforge_ledger.errors import CursorInvalid
from azuraforge_ledger.order_cursor import OrderPosition, Value, read_order_cursor
from azuraforge_ledger.tables import experiment, metric

METRIC: Final = "metric:"
NAME_CHARACTERS: Final = 64
LONGEST: Final = 200
_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "created_at": experiment.c.created_at,
    "updated_at": experiment.c.updated_at,
    "started_at": experiment.c.started_at,
    "finished_at": experiment.c.finished_at,
    "name": func.substr(experiment.c.search, 1, NAME_CHARACTERS),
    "score": experiment.c.score_value,
}
SORTS: Final = tuple(_COLUMNS)
"""What a list may be sorted by, and `metric:` with a metric's name."""


@dataclass(frozen=True)
class ExperimentOrder:
    """By what a list is sorted; newest first if nothing is said."""

    by: str = "created_at"
    is_descending: bool = True

    def __post_init__(self) -> None:
        name = self.by.removeprefix(METRIC)
        is_metric = self.by.startswith(METRIC) and 0 < len(name) <= LONGEST
        if not is_metric and self.by not in _COLUMNS:
            raise ValueError(f"A list is sorted by {', '.join(SORTS)} or {METRIC}NAME, not by {self.by!r}.")

    @property
    def metric(self) -> str | None:
        """The metric's name, if it is by one."""
        return self.by.removeprefix(METRIC) if self.by.startswith(METRIC) else None

    @property
    def _mark(self) -> str:
        """What a cursor calls the order: a metric may have a name that is too long for it."""
        return (
            self.by
            if self.metric is None
            else METRIC + hashlib.sha256(dump_json(self.metric).encode()).hexdigest()[:16]
        )

    def read_cursor(self, cursor: str) -> OrderPosition:
        """The position that a page in this order returned as `cursor`.

        Raises:
            CursorInvalid: none did.
        """
        position = read_order_cursor(cursor)
        if (position.by, position.is_descending) != (self._mark, self.is_descending):
            raise CursorInvalid
        if not _is_value(self, position.value):
            raise CursorInvalid
        return position

    def position(self, row: Row[Any]) -> OrderPosition:
        """Where a row that `read_rows` gave stands."""
        return OrderPosition(self._mark, self.is_descending, value=row.sort_value, task_id=row.id)


NEWEST: Final = ExperimentOrder()


def read_rows(
    connection: Connection,
    *,
    conditions: list[ColumnElement[bool]],
    order: ExperimentOrder,
    after: OrderPosition | None,
    limit: int,
) -> list[Row[Any]]:
    """At most `limit` rows after a position, each with its `sort_value`."""
    rows: list[Row[Any]] = []
    if after is None or after.value is not None:
        rows += connection.execute(_with_value(order, after).where(*conditions).limit(limit))
    if len(rows) < limit and _may_be_missing(order):
        rest = None if after is None or after.value is not None else after.task_id
        rows += connection.execute(_without_value(order, after_id=rest).where(*conditions).limit(limit - len(rows)))
    return rows


def _with_value(order: ExperimentOrder, after: OrderPosition | None) -> Select[Any]:
    value = metric.c.value if order.metric is not None else _COLUMNS[order.by]
    query = select(experiment, value.label("sort_value"))
    if order.metric is not None:
        query = query.join(metric, _last_value(order.metric))
    if _may_be_missing(order):
        query = query.where(value.is_not(None))
    if after is not None and after.value is not None:
        query = query.where(_after(value, after.value, task_id=after.task_id, is_descending=order.is_descending))
    return query.order_by(value.desc() if order.is_descending else value.asc(), experiment.c.id.desc())


def _without_value(order: ExperimentOrder, *, after_id: str | None) -> Select[Any]:
    value = metric.c.value if order.metric is not None else _COLUMNS[order.by]
    query = select(experiment, value.label("sort_value")).where(value.is_(None))
    if order.metric is not None:
        query = query.outerjoin(metric, _last_value(order.metric))
    if after_id is not None:
        query = query.where(experiment.c.id < after_id)
    return query.order_by(experiment.c.id.desc())


def _after(value: ColumnElement[Any], given: Value, *, task_id: str, is_descending: bool) -> ColumnElement[bool]:
    beyond, at_most = (value < given, value <= given) if is_descending else (value > given, value >= given)
    return and_(at_most, or_(beyond, experiment.c.id < task_id))  # the first half is what an index can be searched by


def _last_value(name: str) -> ColumnElement[bool]:
    """The metric at the last epoch: one search of the primary key per experiment."""
    return and_(metric.c.experiment == experiment.c.id, metric.c.name == name, metric.c.step == experiment.c.epoch)


def _may_be_missing(order: ExperimentOrder) -> bool:
    return order.by not in {"created_at", "updated_at", "name"}


def _is_value(order: ExperimentOrder, value: Value) -> bool:
    """Whether a position in this order may have `value`."""
    if value is None:
        return _may_be_missing(order)
    if order.by == "name":
        return isinstance(value, str) and len(value) <= NAME_CHARACTERS and value.isascii() and value.isprintable()
    return isinstance(value, int if order.by.endswith("_at") else int | float)
