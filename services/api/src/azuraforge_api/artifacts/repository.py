"""Artifacts: rows in the ledger, files in the content-addressed store. A name is only ever looked up, never a path."""

from __future__ import annotations

from pathlib import Path

from azuraforge_api.threads import Threads
from azuraforge_contracts import ArtifactSaved
from azuraforge_ledger import ArtifactStore, Ledger


class ArtifactRepository:
    """Every call runs in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, store: ArtifactStore, *, threads: Threads) -> None:
        self._ledger = ledger
        self._store = store
        self._threads = threads

    async def list_for(self, task_id: str) -> list[ArtifactSaved]:
        """The files of one experiment."""

        def read() -> list[ArtifactSaved]:
            self._ledger.events.last_seq(task_id)  # raises ExperimentMissing
            return self._ledger.artifacts.list_for(task_id)

        return await self._threads.run(read)

    async def get(self, task_id: str, name: str) -> ArtifactSaved:
        """One file's row."""
        return await self._threads.run(lambda: self._ledger.artifacts.get(task_id, name))

    async def verified_path(self, sha256: str) -> Path:
        """Where the file is, after its content was found to be what its hash says."""
        return await self._threads.run(lambda: self._store.path_of(sha256))
