"""How long an experiment has been trained, over all its attempts: read from its own history.

Counted is from a trainer's first sign of life to the end of its attempt; queueing, resting and pausing are not. An
attempt whose worker was lost ends with the last thing that was heard of it, not when it was missed.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from azuraforge_contracts import EventType, ExperimentState, ReasonCode
from azuraforge_ledger.tables import event

_TRAINED: Final = frozenset({ExperimentState.RUNNING, ExperimentState.CANCELLING, ExperimentState.PAUSING})


def read_trained_s(connection: Connection, task_id: str) -> float:
    """Seconds of training in `task_id` so far."""
    before = event.alias("before")
    query = (
        select(event.c.at, event.c.data, before.c.at.label("heard_at"))
        .join_from(
            event,
            before,
            (before.c.experiment == event.c.experiment) & (before.c.seq == event.c.seq - 1),
            isouter=True,
        )
        .where(event.c.experiment == task_id, event.c.type == EventType.STATE)
        .order_by(event.c.seq)
    )
    total, began_at = 0, None
    for at, data, heard_at in connection.execute(query):
        if data["state"] in _TRAINED:
            if began_at is None and data["state"] == ExperimentState.RUNNING:
                began_at = at
        elif began_at is not None:
            is_lost = data.get("code") == ReasonCode.WORKER_LOST
            total += (heard_at if is_lost else at) - began_at
            began_at = None
    return total / 1000
