"""Who may run an experiment, until when: claims, renewals and the ways back into the queue."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, func, select, update

from azuraforge_contracts import (
    Event,
    EventType,
    ExperimentState,
    ForkPoint,
    ReadyReport,
    Resumed,
    StateChanged,
    is_id,
)
from azuraforge_contracts.names import LEASE_S
from azuraforge_ledger import outbox, provenance
from azuraforge_ledger.budget import count_crash
from azuraforge_ledger.checkpoints import CheckpointRow, list_checkpoints
from azuraforge_ledger.clock import DatabaseNow
from azuraforge_ledger.database import Database
from azuraforge_ledger.forks import find_fork_point
from azuraforge_ledger.journal import (
    Draft,
    fence,
    finish,
    lock_held,
    require,
    state_changed,
    take,
    write_events,
)
from azuraforge_ledger.pausing import rest
from azuraforge_ledger.queue import find_next, requeue
from azuraforge_ledger.reasons import Reason
from azuraforge_ledger.states import Arrow, can_take
from azuraforge_ledger.tables import experiment
from azuraforge_ledger.training_time import read_trained_s


@dataclass(frozen=True)
class Claim:
    """What a worker needs to run the experiment it has just claimed."""

    task_id: str
    attempt: int
    crashes: int
    retries: int
    pipeline: str
    config: dict[str, Any]
    checkpoints: list[CheckpointRow]
    """Newest first, of every attempt."""
    last_epoch: int
    events: list[Event]
    lease_s: float = LEASE_S
    """How long a claim and each renewal hold it."""
    time_limit_s: float | None = None
    trained_s: float = 0.0
    """Training time of the attempts before; read only where there is a limit."""
    fork_point: ForkPoint | None = None
    """Where it starts, if none of its own checkpoints can be used."""
    config_hash: str = ""


@dataclass(frozen=True)
class Orders:
    """What the answer to a renewal asks of the supervisor."""

    is_cancel: bool
    is_pause: bool


class Leases:
    """The leases of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, task_id: str, *, worker_id: str) -> Claim | None:
        """Become the next attempt of a queued experiment; None if it is not there or not queued."""
        if not is_id(task_id):
            return None
        with self._database.write() as connection:
            return _claim(connection, task_id, worker_id=worker_id)

    def claim_next(self, *, pipelines: Collection[str], worker_id: str) -> Claim | None:
        """Become the next attempt of the best queued experiment of `pipelines`; None if there is none."""
        with self._database.write() as connection:
            task_id = find_next(connection, pipelines=pipelines)
            return None if task_id is None else _claim(connection, task_id, worker_id=worker_id)

    def has_next(self, *, pipelines: Collection[str]) -> bool:
        """Whether `claim_next` has something to claim; unlike it, this writes nothing."""
        waiting = [experiment.c.state == ExperimentState.QUEUED, experiment.c.pipeline.in_(sorted(pipelines))]
        with self._database.read() as connection:
            return bool(connection.execute(select(exists().where(*waiting))).scalar_one())

    def renew(self, task_id: str, *, attempt: int, worker_id: str) -> Orders | None:
        """Hold the experiment for another 30 s and read the orders; None: the fence is lost, stop the trainer."""
        statement = (
            update(experiment)
            .where(*fence(task_id, attempt=attempt), experiment.c.worker_id == worker_id)
            .values(lease_until=DatabaseNow() + LEASE_S * 1000)
            .returning(experiment.c.state)
        )
        with self._database.write() as connection:
            state = connection.execute(statement).scalar_one_or_none()
        if state is None:
            return None
        return Orders(is_cancel=state == ExperimentState.CANCELLING, is_pause=state == ExperimentState.PAUSING)

    def begin(self, task_id: str, *, attempt: int, ready: ReadyReport) -> list[Event]:
        """The trainer's first sign of life: running. A later attempt also says where it goes on.

        Nothing happens if it began before, or if a cancel came first: the next renewal brings the order.

        Raises:
            FenceLost: this attempt does not hold the experiment.
        """
        resumed = Resumed(from_epoch=ready.resumed_epoch, attempt=attempt)
        later = [Draft(EventType.RESUMED, resumed)] if ready.resumed_epoch > 0 or attempt > 1 else []
        with self._database.write() as connection:
            row = lock_held(connection, task_id, attempt=attempt)
            if not can_take(Arrow.BEGIN, state=row.state):
                return []
            started = {"started_at": func.coalesce(experiment.c.started_at, DatabaseNow())}
            events = 1 + len(later)
            taken = take(connection, Arrow.BEGIN, task_id=task_id, fenced_by=attempt, events=events, values=started)
            stamped = require(taken, row, wanted="begin")
            if ready.provenance is not None:
                provenance.store(connection, row, ready.provenance)
            return write_events(connection, stamped, [state_changed(row, Arrow.BEGIN), *later])

    def release(self, task_id: str, *, attempt: int, reason: Reason | str) -> list[Event]:
        """Hand over: back into the queue, no crash counted. One that was to be cancelled or paused is that instead.

        Raises:
            FenceLost: this attempt does not hold the experiment.
        """
        with self._database.write() as connection:
            row = lock_held(connection, task_id, attempt=attempt)
            if can_take(Arrow.STOPPED, state=row.state):
                return finish(connection, row, Arrow.STOPPED, wanted="be cancelled", reason=reason)
            if can_take(Arrow.PAUSED, state=row.state):
                return rest(connection, row, reason=reason)
            return requeue(connection, row, Arrow.RELEASE, reason=reason)

    def crashed(self, task_id: str, *, attempt: int, reason: Reason | str) -> list[Event]:
        """The trainer died: once more after a rest, or `failed(crash_loop)` at the fifth time in a row.

        Raises:
            FenceLost: this attempt does not hold the experiment.
        """
        with self._database.write() as connection:
            return count_crash(connection, lock_held(connection, task_id, attempt=attempt), reason=reason)


def _claim(connection: Connection, task_id: str, *, worker_id: str) -> Claim | None:
    values: dict[str, object] = {
        "attempt": experiment.c.attempt + 1,
        "worker_id": worker_id,
        "lease_until": DatabaseNow() + LEASE_S * 1000,
        "retry_at": None,
        "no_worker_since": None,
    }
    stamped = take(connection, Arrow.CLAIM, task_id=task_id, fenced_by=None, events=1, values=values)
    if stamped is None:
        return None
    outbox.drop(connection, task_id)
    changed = StateChanged(state=ExperimentState.STARTING, previous=ExperimentState.QUEUED, worker_id=worker_id)
    events = write_events(connection, stamped, [Draft(EventType.STATE, changed)])
    row = connection.execute(select(experiment).where(experiment.c.id == task_id)).one()
    return Claim(
        task_id=task_id,
        attempt=row.attempt,
        crashes=row.crashes,
        retries=row.retries,
        pipeline=row.pipeline,
        config=row.config,
        checkpoints=list_checkpoints(connection, task_id),
        last_epoch=row.epoch,
        events=events,
        fork_point=find_fork_point(row),
        config_hash=row.config_hash,
        lease_s=LEASE_S,
        time_limit_s=row.time_limit_s,
        trained_s=0.0 if row.time_limit_s is None else read_trained_s(connection, task_id),
    )
