"""The event log in the ledger, asked from the event loop."""

from __future__ import annotations

from azuraforge_api.threads import Threads
from azuraforge_contracts import EventPage
from azuraforge_ledger import Ledger


class EventRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._events = ledger.events
        self._threads = threads

    async def read(self, task_id: str, *, after: int, limit: int) -> EventPage:
        """Events with `seq` above `after`, in order."""
        return await self._threads.run(lambda: self._events.read(task_id, after=after, limit=limit))

    async def last_seq(self, task_id: str) -> int:
        """Number of the newest event."""
        return await self._threads.run(lambda: self._events.last_seq(task_id))
