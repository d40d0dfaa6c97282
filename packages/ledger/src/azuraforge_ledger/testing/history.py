"""Everything that is stored about one experiment, read with plain SQL and no part of the ledger's own reading."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from azuraforge_ledger.ledger import Ledger

_ROW = "SELECT state, attempt, crashes, epoch, last_seq, fork_point FROM experiment WHERE id = :id"
_EVENTS = "SELECT seq, attempt, type, data FROM event WHERE experiment = :id ORDER BY seq"
_ARTIFACTS = "SELECT seq, name, sha256, bytes FROM artifact WHERE experiment = :id ORDER BY seq"


@dataclass(frozen=True)
class RecordedEvent:
    """A row of the event log."""

    seq: int
    attempt: int
    type: str
    data: dict[str, Any]


@dataclass(frozen=True)
class History:
    """An experiment's row and all that hangs on it.

    `metrics` are (name, step, value) in order of step, then name; `checkpoints` are (seq, attempt, epoch);
    `artifacts` are (seq, name, sha256, bytes); `first_epoch` is the one after which a fork starts.
    """

    task_id: str
    state: str
    attempt: int
    crashes: int
    epoch: int
    last_seq: int
    events: list[RecordedEvent]
    metrics: list[tuple[str, int, float | None]] = field(default_factory=list)
    checkpoints: list[tuple[int, int, int]] = field(default_factory=list)
    artifacts: list[tuple[int, str, str, int]] = field(default_factory=list)
    is_owed_a_message: bool = False
    first_epoch: int = 0


def list_task_ids(ledger: Ledger) -> list[str]:
    """Every experiment there is, oldest first."""
    with ledger.database.read() as connection:
        return list(connection.execute(text("SELECT id FROM experiment ORDER BY created_at, id")).scalars())


def read_history(ledger: Ledger, task_id: str) -> History:
    """What is stored about `task_id`, as of one moment."""
    with ledger.database.read() as connection:
        if not ledger.database.is_sqlite:  # there every statement would see what was committed before it
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        row = _rows(connection, _ROW, task_id)
        events = _rows(connection, _EVENTS, task_id)
        metrics = _rows(connection, "SELECT name, step, value FROM metric WHERE experiment = :id", task_id)
        checkpoints = _rows(
            connection, "SELECT seq, attempt, epoch FROM checkpoint WHERE experiment = :id ORDER BY seq", task_id
        )
        artifacts = _rows(connection, _ARTIFACTS, task_id)
        owed = _rows(connection, "SELECT due_at FROM outbox WHERE experiment = :id", task_id)
    state, attempt, crashes, epoch, last_seq, fork_point = row[0]
    return History(
        task_id=task_id,
        state=state,
        attempt=attempt,
        crashes=crashes,
        epoch=epoch,
        last_seq=last_seq,
        events=[RecordedEvent(seq, made_by, json.loads(kind), json.loads(data)) for seq, made_by, kind, data in events],
        metrics=sorted(((json.loads(name), step, value) for name, step, value in metrics), key=lambda m: (m[1], m[0])),
        checkpoints=checkpoints,
        artifacts=[(seq, json.loads(name), sha256, size) for seq, name, sha256, size in artifacts],
        is_owed_a_message=bool(owed),
        first_epoch=json.loads(fork_point)["epoch"] if fork_point else 0,
    )


def _rows(connection: Connection, query: str, task_id: str) -> list[Any]:
    return [tuple(row) for row in connection.execute(text(query), {"id": task_id})]
