"""Pausing and resuming a locked experiment.

A pause is an order where an attempt holds the experiment, and a fact at once where nobody does. It outlives
accidents: whatever else ends the attempt that was asked to pause leaves it paused.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row

from azuraforge_contracts import Event, ExperimentState
from azuraforge_ledger import outbox
from azuraforge_ledger.errors import StateConflict
from azuraforge_ledger.journal import NOTHING, Values, require, state_changed, take, write_events
from azuraforge_ledger.queue import requeue
from azuraforge_ledger.reasons import Reason
from azuraforge_ledger.states import Arrow, can_take

_RESTING: Final = frozenset({ExperimentState.PAUSING, ExperimentState.PAUSED})
_GOING: Final = frozenset({ExperimentState.QUEUED, ExperimentState.STARTING, ExperimentState.RUNNING})
_NOT_WAITING: Final[Values] = {"retry_at": None, "no_worker_since": None}
"""A rest is not a wait for a worker: the hour after which one gives up begins anew."""


def pause(connection: Connection, row: Row[Any]) -> list[Event]:
    """Order a pause, or pause at once what nobody holds; nothing if that has happened.

    Raises:
        StateConflict: it is being cancelled or has ended.
    """
    if row.state in _RESTING:
        return []
    if can_take(Arrow.HOLD, state=row.state):
        outbox.drop(connection, row.id)
        return _move(connection, row, Arrow.HOLD, values=_NOT_WAITING)
    return _move(connection, row, Arrow.PAUSE)


def rest(connection: Connection, row: Row[Any], *, reason: Reason | str = "", values: Values = NOTHING) -> list[Event]:
    """The attempt that was asked to pause is over, for whatever `reason`.

    Raises:
        StateConflict: nobody asked for a pause.
    """
    return _move(connection, row, Arrow.PAUSED, reason=reason, values=values)


def resume(connection: Connection, row: Row[Any]) -> list[Event]:
    """Put a paused experiment back into the queue; nothing if it is on its way. Its caller wakes a worker.

    Raises:
        StateConflict: it is still pausing, is being cancelled, waits for a retry or has ended.
    """
    if row.state in _GOING:
        return []
    if not can_take(Arrow.RESUME, state=row.state):
        raise StateConflict(row.id, state=ExperimentState(row.state), wanted="be resumed")
    return requeue(connection, row, Arrow.RESUME, reason="resumed", values=_NOT_WAITING, delay_s=outbox.UNCLAIMED_S)


def _move(
    connection: Connection, row: Row[Any], arrow: Arrow, *, reason: Reason | str = "", values: Values = NOTHING
) -> list[Event]:
    taken = take(connection, arrow, task_id=row.id, fenced_by=row.attempt, events=1, values=values)
    stamped = require(taken, row, wanted="be paused")
    return write_events(connection, stamped, [state_changed(row, arrow, reason=reason)])
