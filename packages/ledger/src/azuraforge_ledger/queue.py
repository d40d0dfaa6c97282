"""How an experiment enters the queue again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row

from azuraforge_contracts import Event
from azuraforge_ledger import outbox
from azuraforge_ledger.journal import NOTHING, Values, require, state_changed, take, write_events
from azuraforge_ledger.reasons import Reason
from azuraforge_ledger.states import Arrow


def requeue(
    connection: Connection,
    row: Row[Any],
    arrow: Arrow,
    *,
    reason: Reason | str,
    values: Values = NOTHING,
    delay_s: int = 0,
) -> list[Event]:
    """Put a locked experiment back into the queue, with a message that is due in `delay_s` seconds."""
    taken = take(connection, arrow, task_id=row.id, fenced_by=row.attempt, events=1, values=values)
    stamped = require(taken, row, wanted="be queued again")
    outbox.put(connection, row.id, delay_s=delay_s)
    return write_events(connection, stamped, [state_changed(row, arrow, reason=reason)])
