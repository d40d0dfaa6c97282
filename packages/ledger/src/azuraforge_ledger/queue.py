"""How an experiment enters the queue again, and which one leaves it next."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from azuraforge_contracts import Event, ExperimentState
from azuraforge_ledger import outbox
from azuraforge_ledger.journal import NOTHING, Values, require, state_changed, take, write_events
from azuraforge_ledger.reasons import Reason
from azuraforge_ledger.states import Arrow
from azuraforge_ledger.tables import experiment

TAKING_ORDER: Final = (experiment.c.priority.desc(), experiment.c.created_at, experiment.c.id)
"""Who is next: the highest priority, then whoever has waited longest."""


def requeue(
    connection: Connection,
    row: Row[Any],
    arrow: Arrow,
    *,
    reason: Reason | str,
    values: Values = NOTHING,
    delay_s: int = 0,
) -> list[Event]:
    """Put a locked experiment back into the queue, with a message that is due in `delay_s` seconds."""
    taken = take(connection, arrow, task_id=row.id, fenced_by=row.attempt, events=1, values=values)
    stamped = require(taken, row, wanted="be queued again")
    outbox.put(connection, row.id, delay_s=delay_s)
    return write_events(connection, stamped, [state_changed(row, arrow, reason=reason)])


def find_next(connection: Connection, *, pipelines: Collection[str]) -> str | None:
    """The next experiment for a worker that offers `pipelines`, without those that another one is taking now."""
    query = (
        select(experiment.c.id)
        .where(experiment.c.state == ExperimentState.QUEUED, experiment.c.pipeline.in_(sorted(pipelines)))
        .order_by(*TAKING_ORDER)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).scalar_one_or_none()
