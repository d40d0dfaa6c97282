"""Metric histories in the ledger, asked from the event loop."""

from __future__ import annotations

from azuraforge_api.threads import Threads
from azuraforge_contracts import MetricHistory
from azuraforge_ledger import Ledger


class MetricRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._metrics = ledger.metrics
        self._threads = threads

    async def read_history(self, task_id: str, name: str, *, points: int) -> MetricHistory:
        """How a metric of an experiment went."""
        return await self._threads.run(lambda: self._metrics.read_history(task_id, name, points=points))
