"""Experiments in the ledger, asked from the event loop."""

from __future__ import annotations

from azuraforge_api.threads import Threads
from azuraforge_contracts import Event, ExperimentPage, ExperimentRead
from azuraforge_ledger import ExperimentFilter, ExperimentOrder, IdempotencyKey, Ledger, NewExperiment, Submitted


class ExperimentRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._experiments = ledger.experiments
        self._threads = threads

    async def submit(self, new: NewExperiment, *, idempotency: IdempotencyKey | None) -> Submitted:
        """Store it as queued, with its first event and its place in the outbox."""
        return await self._threads.run(lambda: self._experiments.submit(new, idempotency=idempotency))

    async def get(self, task_id: str) -> ExperimentRead:
        """One experiment."""
        return await self._threads.run(lambda: self._experiments.get(task_id))

    async def list_page(
        self, wanted: ExperimentFilter, *, order: ExperimentOrder, cursor: str | None, limit: int
    ) -> ExperimentPage:
        """A page of the list in an order."""
        return await self._threads.run(
            lambda: self._experiments.list_page(wanted, order=order, cursor=cursor, limit=limit)
        )

    async def request_cancel(self, task_id: str) -> tuple[ExperimentRead, list[Event]]:
        """Ask for its end."""
        return await self._threads.run(lambda: self._experiments.request_cancel(task_id))
