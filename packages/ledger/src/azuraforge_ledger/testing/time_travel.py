"""Letting hours pass in no time: the clock is the database's, so the stored instants move instead."""

from __future__ import annotations

from typing import Final

from sqlalchemy import update

from azuraforge_ledger.housekeeping import PassMemory
from azuraforge_ledger.ledger import Ledger
from azuraforge_ledger.tables import metadata

_INSTANTS: Final = frozenset(
    {
        "at",
        "created_at",
        "due_at",
        "expires_at",
        "finished_at",
        "lease_until",
        "no_worker_since",
        "retry_at",
        "seen_at",
        "started_at",
        "updated_at",
        "used_at",
    }
)


def pass_time(ledger: Ledger, seconds: float, *, memory: PassMemory | None = None) -> None:
    """Make everything in the ledger, and in what housekeeping remembers of it, `seconds` older."""
    span = round(seconds * 1000)
    with ledger.database.write() as connection:
        for table in metadata.sorted_tables:
            instants = [column for column in table.columns if column.name in _INSTANTS]
            if instants:
                connection.execute(update(table).values({one: one - span for one in instants}))
    if memory is not None:
        memory.waits_since = None if memory.waits_since is None else memory.waits_since - span
        memory.first_seen = {
            lease._replace(lease_until=lease.lease_until - span): seen - span
            for lease, seen in memory.first_seen.items()
        }
