"""The catalog: every live worker's announcement merged, and the memory of what was offered lately."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from azuraforge_api.errors import PartUnavailable, PipelineUnknown
from azuraforge_api.pipelines.repository import AnnouncementRepository
from azuraforge_api.redis_link import REDIS_FAILURES
from azuraforge_contracts import BrokenApp, Catalog, ErrorCode, PipelineManifest, WorkerAnnouncement, WorkerRead

FRESH_S = 1.0
REMEMBERED_S = 3600.0
"""As long as the ledger waits for a worker before it fails an experiment as `no_worker`."""


@dataclass(frozen=True)
class Offer:
    """A pipeline and whether somebody is there to run it."""

    manifest: PipelineManifest
    is_live: bool


class CatalogService:
    """Answers what can be run. At most one question to Redis per second, whatever the traffic."""

    def __init__(self, announcements: AnnouncementRepository, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._announcements = announcements
        self._clock = clock
        self._lock = asyncio.Lock()
        self._catalog = Catalog(pipelines=[])
        self._read_at = float("-inf")
        self._seen: dict[str, tuple[float, PipelineManifest]] = {}

    async def read(self) -> Catalog:
        """The merged catalog, at most a second old.

        Raises:
            PartUnavailable: Redis is away.
        """
        async with self._lock:
            if self._clock() - self._read_at < FRESH_S:
                return self._catalog
            try:
                announcements = await self._announcements.list_live()
            except REDIS_FAILURES as error:
                raise PartUnavailable(
                    ErrorCode.BROKER_UNAVAILABLE, "The broker that lists the workers does not answer."
                ) from error
            self._catalog, self._read_at = merge(announcements), self._clock()
            self._remember()
            return self._catalog

    async def find_offer(self, name: str) -> Offer:
        """The pipeline called `name`: live, or as last seen within the hour when nobody offers it now.

        Raises:
            PipelineUnknown: nobody offers it and nobody did lately.
            PartUnavailable: Redis is away and it was not seen lately.
        """
        try:
            catalog = await self.read()
        except PartUnavailable:
            if name in self._seen:
                return Offer(self._seen[name][1], is_live=False)
            raise
        for manifest in catalog.pipelines:
            if manifest.name == name:
                return Offer(manifest, is_live=True)
        if name in self._seen:
            return Offer(self._seen[name][1], is_live=False)
        known = sorted({manifest.name for manifest in catalog.pipelines} | set(self._seen))
        raise PipelineUnknown(known=known, has_workers=catalog.workers > 0)

    def _remember(self) -> None:
        now = self._clock()
        self._seen = {name: seen for name, seen in self._seen.items() if now - seen[0] < REMEMBERED_S}
        self._seen |= {manifest.name: (now, manifest) for manifest in self._catalog.pipelines}


def merge(announcements: Sequence[WorkerAnnouncement]) -> Catalog:
    """One catalog from many workers, newest worker first: its manifest of a pipeline wins.

    An app that is broken on one worker is listed even when another worker could load it.
    """
    manifests: dict[str, PipelineManifest] = {}
    broken: dict[str, BrokenApp] = {}
    for announcement in announcements:
        for manifest in announcement.pipelines:
            manifests.setdefault(manifest.name, manifest)
        for app in announcement.broken:
            broken.setdefault(app.entry_point, app)
    return Catalog(
        pipelines=[manifests[name] for name in sorted(manifests)],
        broken=[broken[name] for name in sorted(broken)],
        workers=len(announcements),
        live_workers=[_worker_of(announcement) for announcement in announcements],
    )


def _worker_of(announcement: WorkerAnnouncement) -> WorkerRead:
    return WorkerRead(
        worker_id=announcement.worker_id,
        host=announcement.host,
        started_at=announcement.started_at,
        version=announcement.version,
        device=announcement.device,
        device_reason=announcement.device_reason,
        capacity=announcement.capacity,
        busy=announcement.busy,
        pipelines=sorted(manifest.name for manifest in announcement.pipelines),
    )
