"""Writing an experiment's row and its events together.

`take` is the one statement behind every arrow: it moves the row only if the arrow starts at the row's state and the
caller's attempt is the row's attempt, and it draws the events' numbers from the same row. The row stays locked until
the transaction ends, so `seq` has no gap and no two writers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, insert, select, update

from azuraforge_contracts import (
    TERMINAL_STATES,
    Event,
    EventType,
    ExperimentEnded,
    ExperimentState,
    Failure,
    Message,
    StateChanged,
    is_id,
)
from azuraforge_ledger.clock import DatabaseNow, find_datetime, to_datetime
from azuraforge_ledger.errors import ExperimentMissing, FenceLost, StateConflict
from azuraforge_ledger.reasons import Reason, as_reason
from azuraforge_ledger.states import ACTIVE_STATES, ARROWS, Arrow
from azuraforge_ledger.tables import event, experiment

Values = Mapping[str, object]
"""Further columns that an arrow changes."""
NOTHING: Final[Values] = MappingProxyType({})


class Draft(NamedTuple):
    """An event that has no number yet."""

    type: EventType
    data: Message


class Stamp(NamedTuple):
    """What a write to the experiment's row gave: the last number drawn, when, and for which attempt."""

    task_id: str
    attempt: int
    last_seq: int
    at: int


def lock_row(connection: Connection, task_id: str, *, skips_locked: bool = False) -> Row[Any]:
    """The experiment's row, locked until the transaction ends (SQLite's writer already holds the whole file).

    Raises:
        ExperimentMissing: there is none, or another transaction holds it and `skips_locked` was asked for.
    """
    query = select(experiment).where(experiment.c.id == task_id).with_for_update(skip_locked=skips_locked)
    row = connection.execute(query).one_or_none() if is_id(task_id) else None
    if row is None:
        raise ExperimentMissing(task_id)
    return row


def lock_held(connection: Connection, task_id: str, *, attempt: int) -> Row[Any]:
    """The same for the attempt that holds the experiment.

    Raises:
        FenceLost: another attempt holds it, or none.
    """
    query = select(experiment).where(*fence(task_id, attempt=attempt)).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise FenceLost(task_id, attempt=attempt)
    return row


def fence(task_id: str | BindParameter[str], *, attempt: int | BindParameter[int]) -> list[ColumnElement[bool]]:
    """Conditions that only the attempt which holds the experiment meets."""
    is_active = experiment.c.state.in_(sorted(state.value for state in ACTIVE_STATES))
    return [experiment.c.id == task_id, same_attempt(attempt), is_active]


def same_attempt(attempt: int | BindParameter[int]) -> ColumnElement[bool]:
    """The fence itself: no claim came after this attempt's."""
    return experiment.c.attempt == attempt


def take(
    connection: Connection,
    arrow: Arrow,
    *,
    task_id: str,
    fenced_by: int | None,
    events: int,
    values: Values = NOTHING,
) -> Stamp | None:
    """Take an arrow and draw numbers for its `events`; None if the row does not allow it.

    `fenced_by` is the attempt that may take it; None where none holds the experiment.
    """
    way = ARROWS[arrow]
    changes: dict[str, object] = {
        "state": way.target,
        "last_seq": experiment.c.last_seq + events,
        "updated_at": DatabaseNow(),
        **values,
    }
    if way.target not in ACTIVE_STATES:
        changes |= {"lease_until": None, "worker_id": None}
    if way.target in TERMINAL_STATES:
        changes |= {"finished_at": DatabaseNow()}
    allowed = [experiment.c.id == task_id, experiment.c.state.in_(sorted(way.sources))]
    if fenced_by is not None:
        allowed.append(same_attempt(fenced_by))
    return stamp(connection, allowed, changes)


def stamp(connection: Connection, allowed: Sequence[ColumnElement[bool]], changes: dict[str, object]) -> Stamp | None:
    """Change the one row that `allowed` describes; None if there is none."""
    statement = (
        update(experiment)
        .where(*allowed)
        .values(changes)
        .returning(experiment.c.id, experiment.c.attempt, experiment.c.last_seq, experiment.c.updated_at)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else Stamp(*row)


def write_events(connection: Connection, stamped: Stamp, drafts: Sequence[Draft]) -> list[Event]:
    """Store `drafts` under the last numbers that `stamped` drew."""
    first = stamped.last_seq - len(drafts) + 1
    stored = [
        Event(
            experiment=stamped.task_id,
            seq=first + place,
            attempt=stamped.attempt,
            ts=to_datetime(stamped.at),
            type=draft.type,
            data=draft.data.model_dump(mode="json"),
        )
        for place, draft in enumerate(drafts)
    ]
    connection.execute(insert(event), [event_row(one, at=stamped.at) for one in stored])
    return stored


def event_row(one: Event, *, at: int, epoch: int | None = None) -> dict[str, object]:
    """The row of a stored event."""
    return {
        "experiment": one.experiment,
        "seq": one.seq,
        "type": one.type,
        "attempt": one.attempt,
        "at": at,
        "epoch": epoch,
        "data": one.data,
    }


def require(stamped: Stamp | None, row: Row[Any], *, wanted: str) -> Stamp:
    """The stamp of an arrow taken on a locked row.

    Raises:
        StateConflict: the arrow does not start at the row's state.
    """
    if stamped is None:
        raise StateConflict(row.id, state=ExperimentState(row.state), wanted=wanted)
    return stamped


def state_changed(
    row: Row[Any],
    arrow: Arrow,
    *,
    reason: Reason | str = "",
    failure: Failure | None = None,
    retry_at: int | None = None,
) -> Draft:
    """The `state` event of `arrow` taken on `row` as it was before."""
    said = as_reason(reason)
    data = StateChanged(
        state=ARROWS[arrow].target,
        previous=row.state,
        reason=said.text,
        code=said.code,
        params=dict(said.params),
        failure=failure,
        retry_at=find_datetime(retry_at),
    )
    return Draft(EventType.STATE, data)


def finish(
    connection: Connection,
    row: Row[Any],
    arrow: Arrow,
    *,
    wanted: str,
    reason: Reason | str = "",
    failure: Failure | None = None,
    values: Values = NOTHING,
) -> list[Event]:
    """Take a terminal arrow on a locked row: its `state` and its `end` event.

    Raises:
        StateConflict: the arrow does not start at the row's state.
    """
    changes = dict(values)
    if failure is not None:
        changes["failure"] = failure.model_dump(mode="json")
    taken = take(connection, arrow, task_id=row.id, fenced_by=row.attempt, events=2, values=changes)
    stamped = require(taken, row, wanted=wanted)
    seconds = 0.0 if row.started_at is None else max(0, stamped.at - row.started_at) / 1000
    ended = ExperimentEnded(state=ARROWS[arrow].target, failure=failure, epochs_run=row.epoch, seconds=seconds)
    drafts = [state_changed(row, arrow, reason=reason, failure=failure), Draft(EventType.END, ended)]
    return write_events(connection, stamped, drafts)
