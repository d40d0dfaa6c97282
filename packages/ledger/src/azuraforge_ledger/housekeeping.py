"""One look at everything that waits, repeated by every API and worker process.

A pass acts on what the tables say now, never on what an earlier pass meant to do (level-triggered): a pass that is
killed anywhere is made good by the next one. One pass runs at a time, over all processes (see passlock), unless the
process that has the turn is silent for too long: it may be stopped in the middle of its pass. That costs nothing but
a message sent twice, since every step is conditional on what the row says when it is locked.

    retry_wait that is due        -> queued
    lease expired, seen twice     -> a crash: tried again, failed(crash_loop), or cancelled or paused if so ordered
    no live worker has the pipeline -> warning(no_live_worker) once, failed(no_worker) after an hour
    accepted and not claimed      -> its message is sent again
    tokens and keys that expired  -> deleted
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, delete, exists, null, select, update

from azuraforge_contracts import (
    Event,
    EventType,
    ExperimentState,
    Failure,
    FailureCode,
    ReasonCode,
    WarningCode,
    WarningRaised,
)
from azuraforge_ledger import outbox
from azuraforge_ledger.budget import count_crash
from azuraforge_ledger.clock import DatabaseNow, read_clock
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import ExperimentMissing
from azuraforge_ledger.journal import Draft, finish, lock_row, stamp, write_events
from azuraforge_ledger.ledger import Ledger
from azuraforge_ledger.passlock import try_pass
from azuraforge_ledger.queue import requeue
from azuraforge_ledger.reasons import Reason
from azuraforge_ledger.sessions import list_expiring
from azuraforge_ledger.states import ACTIVE_STATES, Arrow
from azuraforge_ledger.submissions import KEY_LIFETIME_S
from azuraforge_ledger.tables import experiment, idempotency

SECOND_LOOK_S: Final = 10
"""An expired lease must still be expired this much later: after a suspend every lease is, and its holder lives."""
TURN_S: Final = 15
"""Somebody who has had the turn for this long is stopped, not busy; the others no longer wait for it."""
NO_WORKER_S: Final = 3600
ABSENT_S: Final = 15
"""A worker that restarts is absent for a moment; nobody needs to hear of that."""
BATCH: Final = 100
DUE: Final = Reason("retry", ReasonCode.RETRY_DUE)
NO_LIVE_WORKER: Final = WarningRaised(
    code=WarningCode.NO_LIVE_WORKER, message="No live worker offers this pipeline. The experiment waits for one."
)

_log = logging.getLogger(__name__)


class Expired(NamedTuple):
    """A lease that was seen expired; a renewal in between makes it another one."""

    task_id: str
    attempt: int
    lease_until: int


@dataclass
class PassMemory:
    """What one process remembers between its passes, in database milliseconds."""

    first_seen: dict[Expired, int] = field(default_factory=dict)
    """When it first saw a lease expired."""
    waits_since: int | None = None
    """When it first found another process at it; None once it had a turn."""


@dataclass
class PassReport:
    """What a pass did, as experiment ids. `is_skipped`: another process was at it."""

    is_skipped: bool = False
    sent: list[str] = field(default_factory=list)
    send_error: str = ""
    due: list[str] = field(default_factory=list)
    reaped: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def run_pass(
    ledger: Ledger,
    memory: PassMemory,
    *,
    send: Callable[[str], None],
    publish: Callable[[Event], None],
    live_pipelines: Callable[[], set[str] | None],
) -> PassReport:
    """Look once. `send` wakes a worker for an experiment; `live_pipelines` is None where nobody can tell.

    What `send` or `publish` raises is logged and put right by a later pass.

    Raises:
        LedgerUnavailable: the database did not answer in time.
    """
    with try_pass(ledger.database) as is_mine:
        if not is_mine and not _has_waited(ledger.database, memory):
            return PassReport(is_skipped=True)
        if is_mine:
            memory.waits_since = None
        step = _Pass(ledger, publish)
        step.wake()
        step.reap(memory)
        step.seek_workers(live_pipelines())
        step.relay(send)
        step.forget()
    return step.report


def _has_waited(database: Database, memory: PassMemory) -> bool:
    with database.read() as connection:
        now = read_clock(connection)
    if memory.waits_since is None:
        memory.waits_since = now
    return now - memory.waits_since >= TURN_S * 1000


class _Pass:
    def __init__(self, ledger: Ledger, publish: Callable[[Event], None]) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._publish = publish
        self.report = PassReport()

    def wake(self) -> None:
        """Queue what waited long enough for its retry."""
        state = ExperimentState.RETRY_WAIT
        for task_id in self._list_ids(experiment.c.state == state, experiment.c.retry_at <= DatabaseNow()):
            with self._database.write() as connection:
                row = lock_row(connection, task_id)
                if row.state != state:
                    continue
                values = {"retry_at": None}
                events = requeue(connection, row, Arrow.DUE, reason=DUE, values=values)
            self._tell(events)
            self.report.due.append(task_id)

    def reap(self, memory: PassMemory) -> None:
        """Take back what lost its worker."""
        query = select(experiment.c.id, experiment.c.attempt, experiment.c.lease_until).where(
            experiment.c.state.in_(sorted(ACTIVE_STATES)), experiment.c.lease_until <= DatabaseNow()
        )
        with self._database.read() as connection:
            now = read_clock(connection)
            expired = [Expired(*row) for row in connection.execute(query)]
        if expired:
            # Seen counts only where its holder could have renewed: a SQLite that is locked can be read all the while.
            with self._database.write() as connection:
                now = read_clock(connection)
                expired = [Expired(*row) for row in connection.execute(query)]
        memory.first_seen = {lease: memory.first_seen.get(lease, now) for lease in expired}
        for lease in expired:
            if now - memory.first_seen[lease] >= SECOND_LOOK_S * 1000:
                self._reap_one(lease)

    def _reap_one(self, lease: Expired) -> None:
        with self._database.write() as connection:
            try:
                row = lock_row(connection, lease.task_id, skips_locked=True)
            except ExperimentMissing:
                return  # its holder is writing to it at this moment: it lives
            if Expired(row.id, row.attempt, row.lease_until) != lease:
                return
            worker = row.worker_id or ""
            reason = Reason(f"worker lost: {worker}", ReasonCode.WORKER_LOST, {"worker": worker})
            events = count_crash(connection, row, reason=reason)
        self._tell(events)
        self.report.reaped.append(lease.task_id)

    def seek_workers(self, live: set[str] | None) -> None:
        """Warn about, and after an hour give up on, what no live worker offers to run."""
        if live is None:
            return
        is_queued = experiment.c.state == ExperimentState.QUEUED
        is_offered = experiment.c.pipeline.in_(sorted(live))
        since = experiment.c.no_worker_since
        self._set_since(is_queued, is_offered, since.is_not(None), value=null())
        self._set_since(is_queued, ~is_offered, since.is_(None), value=DatabaseNow())
        absent = [is_queued, ~is_offered]
        is_unwarned = experiment.c.is_no_worker_warned.is_(False)
        for task_id in self._list_ids(*absent, is_unwarned, since <= DatabaseNow() - ABSENT_S * 1000):
            self._warn(task_id)
        for task_id in self._list_ids(*absent, since <= DatabaseNow() - NO_WORKER_S * 1000):
            self._give_up(task_id)

    def _set_since(self, *conditions: ColumnElement[bool], value: ColumnElement[Any]) -> None:
        if self._list_ids(*conditions):  # a pass that finds nothing to do must not write
            with self._database.write() as connection:
                connection.execute(update(experiment).where(*conditions).values(no_worker_since=value))

    def _warn(self, task_id: str) -> None:
        changes: dict[str, object] = {"last_seq": experiment.c.last_seq + 1, "is_no_worker_warned": True}
        changes["updated_at"] = DatabaseNow()
        allowed = [experiment.c.id == task_id, experiment.c.state == ExperimentState.QUEUED]
        with self._database.write() as connection:
            stamped = stamp(connection, [*allowed, experiment.c.is_no_worker_warned.is_(False)], changes)
            if stamped is None:
                return
            events = write_events(connection, stamped, [Draft(EventType.WARNING, NO_LIVE_WORKER)])
        self._tell(events)
        self.report.warned.append(task_id)

    def _give_up(self, task_id: str) -> None:
        failure = Failure(
            code=FailureCode.NO_WORKER,
            message="No live worker offered this pipeline for an hour.",
            hint="Start a worker that has the app installed, then start the experiment again.",
            params={"cause": "no_worker", "hours": NO_WORKER_S // 3600},
        )
        with self._database.write() as connection:
            row = lock_row(connection, task_id)
            if row.state != ExperimentState.QUEUED:
                return
            outbox.drop(connection, task_id)
            events = finish(connection, row, Arrow.NO_WORKER, wanted="fail", failure=failure)
        self._tell(events)
        self.report.failed.append(task_id)

    def relay(self, send: Callable[[str], None]) -> None:
        """Send what is due; at the first refusal leave the rest to a later pass."""
        for task_id in self._ledger.outbox.list_due(limit=BATCH):
            try:
                send(task_id)
            except Exception as error:  # noqa: BLE001 - the broker's client is the caller's; the row stays due
                _log.warning("wake-up not sent: %s", error)
                self.report.send_error = str(error) or type(error).__name__
                return
            self._ledger.outbox.mark_sent(task_id)
            self.report.sent.append(task_id)

    def forget(self) -> None:
        """Delete tokens and keys that no longer count."""
        now = DatabaseNow()
        ends = [(table, table.c.expires_at <= now) for table in list_expiring()]
        for table, is_over in [*ends, (idempotency, idempotency.c.created_at <= now - KEY_LIFETIME_S * 1000)]:
            with self._database.read() as connection:
                is_needed = connection.execute(select(exists().where(is_over))).scalar_one()
            if is_needed:
                with self._database.write() as connection:
                    connection.execute(delete(table).where(is_over))

    def _list_ids(self, *conditions: ColumnElement[bool]) -> list[str]:
        with self._database.read() as connection:
            query = select(experiment.c.id).where(*conditions).order_by(experiment.c.id).limit(BATCH)
            return list(connection.execute(query).scalars())

    def _tell(self, events: list[Event]) -> None:
        for one in events:
            try:
                self._publish(one)
            except Exception as error:  # noqa: BLE001 - the caller's; viewers fill a gap from the ledger
                _log.warning("event %s of %s not published: %s", one.seq, one.experiment, error)
