"""Accepting experiments: the row, its first events, its wake-up and its idempotency key in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge_contracts import (
    Event,
    EventType,
    ExperimentRead,
    ExperimentState,
    ForkPoint,
    Origin,
    StateChanged,
    WarningCode,
    WarningRaised,
    new_id,
)
from azuraforge_ledger import outbox
from azuraforge_ledger.clock import DatabaseNow
from azuraforge_ledger.columns import dump_json
from azuraforge_ledger.errors import IdempotencyMismatch
from azuraforge_ledger.forks import require_point
from azuraforge_ledger.journal import Draft, Stamp, lock_row, write_events
from azuraforge_ledger.projects import require_open
from azuraforge_ledger.rows import fold, read_experiment
from azuraforge_ledger.tables import DEFAULT_PROJECT, experiment, idempotency

KEY_LIFETIME_S: Final = 24 * 3600
"""How long a repeat of a submission is recognised."""


@dataclass(frozen=True)
class NewExperiment:
    """What the API accepted. `config` is JSON; `warnings` become events."""

    pipeline: str
    pipeline_version: str
    name: str
    config: dict[str, Any]
    config_hash: str
    seed: int | None = None
    warnings: Sequence[WarningRaised] = ()
    project: str = DEFAULT_PROJECT
    created_by: str | None = None
    priority: int = 0
    time_limit_s: float | None = None
    parent: str | None = None
    origin: Origin = Origin.NEW
    fork_point: ForkPoint | None = None
    """Where it starts; its own epochs count on from there."""


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's key (unique per owner) and the hash of the body it came with."""

    owner: str
    key: str
    body_hash: str


@dataclass(frozen=True)
class Submitted:
    """The experiment, and the events to publish: none if a repeat found what the first request had made."""

    experiment: ExperimentRead
    events: list[Event] = field(default_factory=list)
    is_new: bool = True


def submit(connection: Connection, new: NewExperiment, *, key: IdempotencyKey | None) -> Submitted:
    """Store `new` as queued, or return what an earlier request with the same key stored.

    Raises:
        IdempotencyMismatch: the key came with another body before.
        ExperimentMissing: its parent was deleted.
        CheckpointMissing: what it would start from is no longer kept.
    """
    task_id = new_id()
    if key is not None and (earlier := _find_earlier(connection, key, task_id=task_id)) is not None:
        return Submitted(read_experiment(connection, earlier), [], is_new=False)
    require_open(connection, new.project)
    if new.parent is not None:
        lock_row(connection, new.parent)
    if new.fork_point is not None:
        require_point(connection, new.fork_point)
    stamped = _insert(connection, new, task_id=task_id)
    drafts = [Draft(EventType.STATE, StateChanged(state=ExperimentState.QUEUED))]
    drafts += [Draft(EventType.WARNING, warning) for warning in new.warnings]
    events = write_events(connection, stamped, drafts)
    outbox.put(connection, task_id, delay_s=outbox.UNCLAIMED_S)
    return Submitted(read_experiment(connection, task_id), events)


def _find_earlier(connection: Connection, key: IdempotencyKey, *, task_id: str) -> str | None:
    hashed = hashlib.sha256(dump_json([key.owner, key.key]).encode()).hexdigest()
    values = {"key_hash": hashed, "body_hash": key.body_hash, "experiment": task_id, "created_at": DatabaseNow()}
    # A second request with the key waits here until the first one's transaction has ended.
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    taken = build(idempotency).values(values).on_conflict_do_nothing().returning(idempotency.c.key_hash)
    if connection.execute(taken).one_or_none() is not None:
        return None
    row = connection.execute(select(idempotency).where(idempotency.c.key_hash == hashed)).one()
    if row.body_hash != key.body_hash:
        raise IdempotencyMismatch
    return str(row.experiment)


def _insert(connection: Connection, new: NewExperiment, *, task_id: str) -> Stamp:
    is_warned = any(warning.code == WarningCode.NO_LIVE_WORKER for warning in new.warnings)
    now = DatabaseNow()
    statement = insert(experiment).values(
        id=task_id,
        name=new.name,
        pipeline=new.pipeline,
        pipeline_version=new.pipeline_version,
        config=new.config,
        config_hash=new.config_hash,
        seed=new.seed,
        search=dump_json(fold(f"{new.name} {new.pipeline} {task_id}")),
        state=ExperimentState.QUEUED,
        last_seq=1 + len(new.warnings),
        project=new.project,
        created_by=new.created_by,
        priority=new.priority,
        time_limit_s=new.time_limit_s,
        parent=new.parent,
        origin=new.origin,
        fork_point=None if new.fork_point is None else new.fork_point.model_dump(mode="json"),
        epoch=0 if new.fork_point is None else new.fork_point.epoch,
        is_no_worker_warned=is_warned,
        no_worker_since=now if is_warned else None,
        created_at=now,
        updated_at=now,
    )
    row = connection.execute(statement.returning(experiment.c.last_seq, experiment.c.created_at)).one()
    return Stamp(task_id, 0, row.last_seq, row.created_at)
