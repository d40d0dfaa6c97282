"""Experiments: submitted, read, listed, paused, cancelled and ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from azuraforge_contracts import (
    ArtifactSaved,
    Event,
    EventType,
    ExperimentEnded,
    ExperimentPage,
    ExperimentRead,
    ExperimentState,
    Failure,
    Score,
)
from azuraforge_ledger import budget, outbox
from azuraforge_ledger.budget import wait
from azuraforge_ledger.columns import FirstPosition, dump_json
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import StateConflict
from azuraforge_ledger.journal import (
    Draft,
    Stamp,
    finish,
    lock_held,
    lock_row,
    require,
    state_changed,
    take,
    write_events,
)
from azuraforge_ledger.listing import NEWEST, ExperimentOrder, read_rows
from azuraforge_ledger.order_cursor import write_order_cursor
from azuraforge_ledger.pausing import pause, rest, resume
from azuraforge_ledger.rows import fold, read_experiment, to_summary
from azuraforge_ledger.states import Arrow, can_take
from azuraforge_ledger.submissions import IdempotencyKey, NewExperiment, Submitted, submit
from azuraforge_ledger.tables import artifact, experiment

MAX_PAGE = 500


@dataclass(frozen=True)
class ExperimentFilter:
    """Which experiments a list shows; empty shows all. `text` is searched in name, pipeline and id.

    `projects` is None for all of them; an empty collection shows nothing.
    """

    states: Sequence[ExperimentState] = ()
    pipeline: str | None = None
    text: str | None = None
    is_archived: bool | None = None
    """None shows both."""
    projects: Collection[str] | None = None


class Experiments:
    """The experiments of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, new: NewExperiment, *, idempotency: IdempotencyKey | None = None) -> Submitted:
        """Store `new` as queued; a repeat with the same key returns the first answer.

        Raises:
            IdempotencyMismatch: the key came with another body before.
        """
        with self._database.write() as connection:
            return submit(connection, new, key=idempotency)

    def get(self, task_id: str) -> ExperimentRead:
        """Everything about one experiment.

        Raises:
            ExperimentMissing: there is none.
        """
        with self._database.read() as connection:
            return read_experiment(connection, task_id)

    def list_page(
        self,
        wanted: ExperimentFilter | None = None,
        *,
        order: ExperimentOrder = NEWEST,
        cursor: str | None = None,
        limit: int = 50,
    ) -> ExperimentPage:
        """A page of the list, newest first if no order is given; `limit` is 1 to 500.

        Raises:
            CursorInvalid: `cursor` is not one that a page returned.
            ValueError: `limit` is out of range.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit is {limit}, expected 1 to {MAX_PAGE}.")
        conditions = _conditions(wanted or ExperimentFilter())
        after = None if cursor is None else order.read_cursor(cursor)
        with self._database.read() as connection:
            rows = read_rows(connection, conditions=conditions, order=order, after=after, limit=limit + 1)
            total = connection.execute(select(func.count()).select_from(experiment).where(*conditions)).scalar_one()
        shown, has_more = rows[:limit], len(rows) > limit
        next_cursor = write_order_cursor(order.position(shown[-1])) if has_more else None
        return ExperimentPage(items=[to_summary(row) for row in shown], next_cursor=next_cursor, total=total)

    def request_cancel(self, task_id: str) -> tuple[ExperimentRead, list[Event]]:
        """Cancel: at once where nobody holds the experiment, else an order that its supervisor reads when it renews.

        Repeating it changes nothing.

        Raises:
            ExperimentMissing: there is none.
            StateConflict: it succeeded or failed before.
        """
        with self._database.write() as connection:
            row = lock_row(connection, task_id)
            events = _cancel(connection, row)
            return read_experiment(connection, task_id), events

    def request_pause(self, task_id: str) -> tuple[ExperimentRead, list[Event]]:
        """Pause: at once where nobody holds the experiment, else an order. Repeating it changes nothing.

        Raises:
            ExperimentMissing: there is none.
            StateConflict: it is being cancelled or has ended.
        """
        with self._database.write() as connection:
            events = pause(connection, lock_row(connection, task_id))
            return read_experiment(connection, task_id), events

    def resume(self, task_id: str) -> tuple[ExperimentRead, list[Event]]:
        """Queue what is paused. Repeating it changes nothing; wake a worker if there are events.

        Raises:
            ExperimentMissing: there is none.
            StateConflict: it is still pausing, is being cancelled, waits for a retry or has ended.
        """
        with self._database.write() as connection:
            events = resume(connection, lock_row(connection, task_id))
            return read_experiment(connection, task_id), events

    def confirm_paused(self, task_id: str, *, attempt: int) -> list[Event]:
        """The trainer has stopped as ordered; cancelled instead where that was ordered meanwhile.

        Raises:
            FenceLost: this attempt does not hold the experiment.
            StateConflict: nobody asked for a pause.
        """
        with self._database.write() as connection:
            row = lock_held(connection, task_id, attempt=attempt)
            if can_take(Arrow.STOPPED, state=row.state):
                return finish(connection, row, Arrow.STOPPED, wanted="be cancelled")
            return rest(connection, row)

    def succeed(
        self,
        task_id: str,
        *,
        attempt: int,
        score: Score | None,
        artifacts: Sequence[ArtifactSaved],
        ended: ExperimentEnded,
    ) -> list[Event]:
        """End well: artifacts, their events, the state and `end` in one transaction. Wins against a cancel.

        Raises:
            FenceLost: this attempt does not hold the experiment.
            StateConflict: it never began.
            ValueError: two artifacts have one name, or `ended` says something else.
        """
        if len({one.name for one in artifacts}) < len(artifacts):
            raise ValueError("Two artifacts have the same name. Give each its own.")
        if ended.state != ExperimentState.SUCCEEDED:
            raise ValueError(f"ended.state is {ended.state}, expected succeeded.")
        with self._database.write() as connection:
            row = lock_held(connection, task_id, attempt=attempt)
            saved = {
                "score": None if score is None else score.model_dump(mode="json"),
                "score_value": None if score is None else score.value,
            }
            count = len(artifacts) + 2
            taken = take(connection, Arrow.SUCCEED, task_id=task_id, fenced_by=attempt, events=count, values=saved)
            stamped = require(taken, row, wanted="succeed")
            _insert_artifacts(connection, stamped, artifacts)
            drafts = [Draft(EventType.ARTIFACT, one) for one in artifacts]
            last = ended if ended.score is not None else ended.model_copy(update={"score": score})
            drafts += [state_changed(row, Arrow.SUCCEED), Draft(EventType.END, last)]
            return write_events(connection, stamped, drafts)

    def fail(self, task_id: str, *, attempt: int, failure: Failure, retry_in_s: float | None = None) -> list[Event]:
        """End badly, or wait and try again after `retry_in_s` seconds while retries are left.

        Raises:
            FenceLost: this attempt does not hold the experiment.
        """
        with self._database.write() as connection:
            row = lock_held(connection, task_id, attempt=attempt)
            if retry_in_s is not None and row.retries < budget.MAX_RETRIES:
                if can_take(Arrow.STOPPED, state=row.state):
                    return finish(connection, row, Arrow.STOPPED, wanted="be cancelled", reason=str(failure.code))
                if can_take(Arrow.PAUSED, state=row.state):
                    tried = {"retries": row.retries + 1}
                    return rest(connection, row, reason=str(failure.code), values=tried)
                tried = {"retries": row.retries + 1}
                return wait(connection, row, delay_s=retry_in_s, failure=failure, values=tried)
            return finish(connection, row, Arrow.FAIL, wanted="fail", failure=failure)

    def confirm_cancelled(self, task_id: str, *, attempt: int) -> list[Event]:
        """The trainer has stopped as ordered.

        Raises:
            FenceLost: this attempt does not hold the experiment.
            StateConflict: nobody asked for a cancel.
        """
        with self._database.write() as connection:
            row = lock_held(connection, task_id, attempt=attempt)
            return finish(connection, row, Arrow.STOPPED, wanted="be cancelled without a request")


def _conditions(wanted: ExperimentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.projects is not None:
        conditions.append(experiment.c.project.in_(sorted(wanted.projects)))
    if wanted.states:
        conditions.append(experiment.c.state.in_(sorted(set(wanted.states))))
    if wanted.pipeline is not None:
        conditions.append(experiment.c.pipeline == wanted.pipeline)
    if wanted.is_archived is not None:
        is_archived = experiment.c.archived_at.is_not(None)
        conditions.append(is_archived if wanted.is_archived else ~is_archived)
    if wanted.text:
        needle = dump_json(fold(wanted.text))[1:-1]
        conditions.append(FirstPosition(experiment.c.search, needle) > 0)
    return conditions


def _cancel(connection: Connection, row: Row[Any]) -> list[Event]:
    asked = {"is_cancel_requested": True}
    if can_take(Arrow.DROP, state=row.state):
        outbox.drop(connection, row.id)
        return finish(connection, row, Arrow.DROP, wanted="be cancelled", values=asked)
    if can_take(Arrow.CANCEL, state=row.state):
        taken = take(connection, Arrow.CANCEL, task_id=row.id, fenced_by=row.attempt, events=1, values=asked)
        return write_events(connection, require(taken, row, wanted="be cancelled"), [state_changed(row, Arrow.CANCEL)])
    if row.state in {ExperimentState.CANCELLING, ExperimentState.CANCELLED}:
        return []
    raise StateConflict(row.id, state=ExperimentState(row.state), wanted="be cancelled")


def _insert_artifacts(connection: Connection, stamped: Stamp, artifacts: Sequence[ArtifactSaved]) -> None:
    first = stamped.last_seq - len(artifacts) - 1
    rows = [
        {"experiment": stamped.task_id, "seq": first + place, **one.model_dump(mode="json")}
        for place, one in enumerate(artifacts)
    ]
    if rows:
        connection.execute(insert(artifact), rows)
