"""How often a training may be interrupted before it is given up, and how long it rests before it is tried again.

A crash counts against a budget of `MAX_CRASHES` in a row; between two of them the rest grows, so that an experiment
which kills whatever trains it does not keep the workers from the others. A checkpoint of a later epoch than any
attempt before had reached is progress: the budget is whole again. So a week on a flaky machine is not failed by five
crashes in that week, and a training that dies again and again at the same place is.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from azuraforge_contracts import Event, Failure, FailureCode
from azuraforge_contracts.names import MAX_CRASHES
from azuraforge_ledger.clock import DatabaseNow
from azuraforge_ledger.journal import NOTHING, Values, finish, require, state_changed, take, write_events
from azuraforge_ledger.pausing import rest
from azuraforge_ledger.queue import requeue
from azuraforge_ledger.reasons import Reason, as_reason
from azuraforge_ledger.states import Arrow, can_take
from azuraforge_ledger.tables import checkpoint, experiment

CRASH_PAUSES_S: tuple[float, ...] = (0, 5, 15, 45)
"""Rest after the first, second, … crash in a row."""
MAX_RETRIES: Final = 300
"""Retryable failures in a row after which an experiment fails for good: every experiment reaches an end."""


def count_crash(connection: Connection, row: Row[Any], *, reason: Reason | str) -> list[Event]:
    """Count a crash of a locked experiment: tried again or `failed(crash_loop)`; cancelled or paused if so ordered."""
    if can_take(Arrow.STOPPED, state=row.state):
        return finish(connection, row, Arrow.STOPPED, wanted="be cancelled", reason=reason)
    streak = row.crash_streak + 1
    counted = {"crashes": row.crashes + 1, "crash_streak": streak}
    if can_take(Arrow.PAUSED, state=row.state):
        return rest(connection, row, reason=reason, values=counted)
    if streak >= MAX_CRASHES:
        failure = _crash_loop(as_reason(reason), crashes=streak)
        return finish(connection, row, Arrow.CRASH_LOOP, wanted="fail", failure=failure, reason=reason, values=counted)
    pause_s = CRASH_PAUSES_S[min(streak, len(CRASH_PAUSES_S)) - 1]
    if pause_s == 0:
        return requeue(connection, row, Arrow.CRASH, reason=reason, values=counted)
    return wait(connection, row, delay_s=pause_s, reason=reason, values=counted)


def wait(
    connection: Connection,
    row: Row[Any],
    *,
    delay_s: float,
    reason: Reason | str = "",
    failure: Failure | None = None,
    values: Values = NOTHING,
) -> list[Event]:
    """Leave a locked experiment alone for `delay_s` seconds; housekeeping puts it back into the queue."""
    until = {"retry_at": DatabaseNow() + round(max(0.0, delay_s) * 1000)}
    taken = take(connection, Arrow.RETRY, task_id=row.id, fenced_by=row.attempt, events=1, values={**values, **until})
    stamped = require(taken, row, wanted="be tried again")
    query = select(experiment.c.retry_at).where(experiment.c.id == row.id)
    retry_at = connection.execute(query).scalar_one()
    drafts = [state_changed(row, Arrow.RETRY, reason=reason, failure=failure, retry_at=retry_at)]
    return write_events(connection, stamped, drafts)


def forgive(connection: Connection, row: Row[Any], *, epoch: int) -> Values:
    """What a checkpoint of `epoch` changes in a locked row: a later epoch than ever before makes the budgets whole."""
    if not row.crash_streak and not row.retries:
        return NOTHING
    query = select(func.max(checkpoint.c.epoch)).where(
        checkpoint.c.experiment == row.id, checkpoint.c.attempt < row.attempt
    )
    furthest = connection.execute(query).scalar_one()
    if furthest is not None and epoch <= furthest:
        return NOTHING
    return {"crash_streak": 0, "retries": 0}


def _crash_loop(reason: Reason, *, crashes: int) -> Failure:
    return Failure(
        code=FailureCode.CRASH_LOOP,
        message=f"The training crashed {crashes} times without getting on; the last time: "
        f"{reason.text or 'no reason known'}.",
        hint="Look into the trainer's log, then start a new experiment with a smaller model or other data.",
        params={**reason.params, "crashes": crashes, "cause": str(reason.code)},
    )
