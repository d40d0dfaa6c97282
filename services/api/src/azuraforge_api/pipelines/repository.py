"""Workers' announcements as Redis holds them."""

from __future__ import annotations

import logging
import time

from pydantic import ValidationError
from redis.asyncio import Redis

from azuraforge_contracts import WorkerAnnouncement
from azuraforge_contracts.names import ANNOUNCEMENT_TTL_S, WORKERS_KEY, worker_key

logger = logging.getLogger(__name__)


class AnnouncementRepository:
    """Reads what live workers announce; raises what Redis raises."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def list_live(self) -> list[WorkerAnnouncement]:
        """One announcement per live worker, newest worker first. One that cannot be read is left out and logged."""
        since = time.time() - ANNOUNCEMENT_TTL_S
        ids = await self._redis.zrangebyscore(WORKERS_KEY, since, "+inf")
        if not ids:
            return []
        found = []
        for worker_id, text in zip(ids, await self._redis.mget([worker_key(str(one)) for one in ids]), strict=True):
            if text is None:
                continue
            try:
                found.append(WorkerAnnouncement.model_validate_json(text))
            except ValidationError as error:
                logger.warning("worker %s announces what cannot be read: %d errors", worker_id, error.error_count())
        return sorted(found, key=lambda one: (one.started_at, one.worker_id), reverse=True)
