"""Control of experiments in the ledger and the store, asked from the event loop."""

from __future__ import annotations

from azuraforge_api.threads import Threads
from azuraforge_contracts import (
    CheckpointRead,
    Event,
    ExperimentPatch,
    ExperimentRead,
    ForkPoint,
    ProofRead,
    QueuePlace,
)
from azuraforge_ledger import ArtifactStore, Crew, Deleted, Ledger


class ControlRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, store: ArtifactStore, *, threads: Threads) -> None:
        self._ledger = ledger
        self._store = store
        self._threads = threads

    async def get(self, task_id: str) -> ExperimentRead:
        """One experiment."""
        return await self._threads.run(lambda: self._ledger.experiments.get(task_id))

    async def request_pause(self, task_id: str) -> tuple[ExperimentRead, list[Event]]:
        """Ask for a rest."""
        return await self._threads.run(lambda: self._ledger.experiments.request_pause(task_id))

    async def resume(self, task_id: str) -> tuple[ExperimentRead, list[Event]]:
        """Queue it again."""
        return await self._threads.run(lambda: self._ledger.experiments.resume(task_id))

    async def amend(self, task_id: str, patch: ExperimentPatch) -> ExperimentRead:
        """Change name, priority or time limit."""
        return await self._threads.run(lambda: self._ledger.control.amend(task_id, patch))

    async def archive(self, task_id: str) -> ExperimentRead:
        """Take it out of the lists."""
        return await self._threads.run(lambda: self._ledger.control.archive(task_id))

    async def unarchive(self, task_id: str) -> ExperimentRead:
        """Put it back into the lists."""
        return await self._threads.run(lambda: self._ledger.control.unarchive(task_id))

    async def delete(self, task_id: str) -> Deleted:
        """Delete its rows, then the files that nothing else refers to."""

        def run() -> Deleted:
            deleted = self._ledger.control.delete(task_id)
            # Looked at again: an experiment that ended meanwhile may have stored the same content.
            for sha256 in self._ledger.control.find_unused_files(deleted.unused_files):
                self._store.delete(sha256)
            return deleted

        return await self._threads.run(run)

    async def list_checkpoints(self, task_id: str) -> list[CheckpointRead]:
        """Its kept checkpoints and its newest ones."""
        return await self._threads.run(lambda: self._ledger.control.list_checkpoints(task_id))

    async def find_fork_point(self, task_id: str, *, seq: int | None, epoch: int | None) -> ForkPoint:
        """The newest kept checkpoint there."""
        return await self._threads.run(lambda: self._ledger.control.find_fork_point(task_id, seq=seq, epoch=epoch))

    async def find_place(self, task_id: str, *, crew: Crew) -> QueuePlace | None:
        """Where it waits."""
        return await self._threads.run(lambda: self._ledger.control.find_place(task_id, crew=crew))

    async def compare(self, task_id: str, other: str) -> ProofRead:
        """Whether the two are one training."""
        return await self._threads.run(lambda: self._ledger.control.compare(task_id, other))
