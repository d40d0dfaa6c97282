"""Checkpoints that may be resumed from: those that have a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from azuraforge_contracts import CheckpointFile, CheckpointSaved, Event, EventType, ExperimentState
from azuraforge_ledger.budget import forgive
from azuraforge_ledger.clock import DatabaseNow
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import FenceLost
from azuraforge_ledger.journal import Draft, fence, lock_held, stamp, write_events
from azuraforge_ledger.rows import to_event
from azuraforge_ledger.tables import artifact, checkpoint, event, experiment


@dataclass(frozen=True)
class CheckpointRow:
    """A complete checkpoint folder: where it is, what it holds, who made it."""

    path: str
    epoch: int
    step: int
    sha256: str
    bytes: int
    attempt: int
    is_best: bool
    seq: int = 0
    stored_sha256: str | None = None
    """Of the file in the artifact store, if it is kept there."""


@dataclass(frozen=True)
class KnownSizes:
    """Bytes of the largest checkpoint and of all artifacts; 0 where nothing is known."""

    checkpoint: int
    artifacts: int


class Checkpoints:
    """The checkpoints of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, task_id: str, *, attempt: int, checkpoint: CheckpointFile) -> Event:
        """Make a complete checkpoint known: its row and its event. Saying the same one twice stores it once.

        Raises:
            FenceLost: this attempt does not hold the experiment.
        """
        with self._database.write() as connection:
            row = lock_held(connection, task_id, attempt=attempt)
            stored = _find_stored(connection, task_id, attempt=attempt, step=checkpoint.step)
            return stored or _add(connection, row, made=checkpoint)

    def find_sizes(self, task_id: str, *, pipeline: str) -> KnownSizes:
        """How much a training writes: as it did before, else as the last one of its pipeline that succeeded did."""
        alike = select(experiment.c.id).where(
            experiment.c.state == ExperimentState.SUCCEEDED, experiment.c.pipeline == pipeline
        )
        with self._database.read() as connection:
            last = connection.execute(alike.order_by(experiment.c.created_at.desc()).limit(1)).scalar_one_or_none()
            largest = select(func.max(checkpoint.c.bytes))
            own = connection.execute(largest.where(checkpoint.c.experiment == task_id)).scalar_one()
            other = connection.execute(largest.where(checkpoint.c.experiment == last)).scalar_one()
            total = select(func.sum(artifact.c.bytes)).where(artifact.c.experiment == last)
            return KnownSizes(own or other or 0, int(connection.execute(total).scalar_one() or 0))


def list_checkpoints(connection: Connection, task_id: str) -> list[CheckpointRow]:
    """Every checkpoint of an experiment, newest first."""
    columns = [checkpoint.c[name] for name in CheckpointRow.__dataclass_fields__]
    query = select(*columns).where(checkpoint.c.experiment == task_id).order_by(checkpoint.c.seq.desc())
    return [CheckpointRow(*row) for row in connection.execute(query)]


def _find_stored(connection: Connection, task_id: str, *, attempt: int, step: int) -> Event | None:
    same = checkpoint.select().where(
        checkpoint.c.experiment == task_id, checkpoint.c.attempt == attempt, checkpoint.c.step == step
    )
    known = connection.execute(same).one_or_none()
    if known is None:
        return None
    query = select(event).where(event.c.experiment == task_id, event.c.seq == known.seq)
    return to_event(connection.execute(query).one())


def _add(connection: Connection, row: Row[Any], *, made: CheckpointFile) -> Event:
    task_id, attempt = row.id, row.attempt
    changes: dict[str, object] = {"last_seq": experiment.c.last_seq + 1, "updated_at": DatabaseNow()}
    changes |= forgive(connection, row, epoch=made.epoch)
    stamped = stamp(connection, fence(task_id, attempt=attempt), changes)
    if stamped is None:
        raise FenceLost(task_id, attempt=attempt)
    values = {**made.model_dump(mode="json"), "experiment": task_id, "attempt": attempt}
    connection.execute(insert(checkpoint).values(values | {"seq": stamped.last_seq, "at": stamped.at}))
    saved = CheckpointSaved.model_validate(made.model_dump())
    return write_events(connection, stamped, [Draft(EventType.CHECKPOINT, saved)])[0]
