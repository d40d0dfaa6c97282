"""Wake-ups that the broker still owes: one row per queued experiment, gone as soon as it is claimed.

The submitter sends the first message itself, right after its commit, so its row is due only after a while; whoever
puts an experiment back into the queue leaves a row that is due at once. The broker may lose every message: a row
stays due until a claim removes it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, or_, select, update

from azuraforge_contracts import ExperimentState
from azuraforge_ledger.clock import DatabaseNow
from azuraforge_ledger.database import Database
from azuraforge_ledger.tables import experiment, outbox

UNCLAIMED_S: Final = 15
"""How long a sent message may stay unclaimed before it is sent again; doubles up to `LONGEST_S`."""
LONGEST_S: Final = 60
"""Experiments that wait behind a busy worker must not flood the broker with copies of themselves."""


def put(connection: Connection, task_id: str, *, delay_s: int) -> None:
    """Owe `task_id` a message in `delay_s` seconds."""
    connection.execute(insert(outbox).values(experiment=task_id, due_at=DatabaseNow() + delay_s * 1000))


def drop(connection: Connection, task_id: str) -> None:
    """Owe it nothing any more."""
    connection.execute(delete(outbox).where(outbox.c.experiment == task_id))


class Outbox:
    """What `housekeeping` sends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_due(self, *, limit: int = 100) -> list[str]:
        """Queued experiments whose message is due, longest due first. One without a row is due: the state decides."""
        owed = experiment.join(outbox, outbox.c.experiment == experiment.c.id, isouter=True)
        query = (
            select(experiment.c.id)
            .select_from(owed)
            .where(experiment.c.state == ExperimentState.QUEUED)
            .where(or_(outbox.c.due_at.is_(None), outbox.c.due_at <= DatabaseNow()))
            .order_by(func.coalesce(outbox.c.due_at, 0), experiment.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def mark_sent(self, task_id: str) -> None:
        """Owe the next message later: 15, 30, then every 60 seconds."""
        values = {"due_at": DatabaseNow() + _pause_ms(), "sends": outbox.c.sends + 1}
        later = update(outbox).where(outbox.c.experiment == task_id).values(values).returning(outbox.c.sends)
        with self._database.write() as connection:
            if connection.execute(later).first() is None and _is_queued(connection, task_id):
                put(connection, task_id, delay_s=UNCLAIMED_S)


def _pause_ms() -> ColumnElement[int]:
    pauses = [(outbox.c.sends == 0, UNCLAIMED_S * 1000), (outbox.c.sends == 1, 2 * UNCLAIMED_S * 1000)]
    return case(*pauses, else_=LONGEST_S * 1000)


def _is_queued(connection: Connection, task_id: str) -> bool:
    query = select(experiment.c.id).where(experiment.c.id == task_id, experiment.c.state == ExperimentState.QUEUED)
    return connection.execute(query.with_for_update()).one_or_none() is not None
