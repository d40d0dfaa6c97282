"""What a running trainer said and used lately, from Redis: shown to those who join late, missed by nobody's history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TypeVar

from pydantic import ValidationError
from redis.asyncio import Redis

from azuraforge_api.redis_link import REDIS_FAILURES
from azuraforge_contracts import LogRecord, Message, Recent, SystemSample
from azuraforge_contracts.names import RECENT_LOGS, RECENT_SAMPLES, recent_logs_key, recent_samples_key

logger = logging.getLogger(__name__)
M = TypeVar("M", bound=Message)

TIMEOUT_S = 1.0
SHARED_S = 0.5
"""A thousand viewers that come back in the same second are answered with one reading."""


class RecentOutput:
    """Reads both lists of an experiment; an empty answer where Redis has none or is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._readings: dict[str, asyncio.Task[Recent]] = {}

    async def read(self, task_id: str) -> Recent:
        """Logs and samples, oldest first."""
        reading = self._readings.get(task_id)
        if reading is None:
            reading = self._readings[task_id] = asyncio.create_task(self._read(task_id))
            asyncio.get_running_loop().call_later(SHARED_S, self._readings.pop, task_id, None)
        return await asyncio.shield(reading)

    async def _read(self, task_id: str) -> Recent:
        try:
            async with asyncio.timeout(TIMEOUT_S), self._redis.pipeline(transaction=False) as pipe:
                pipe.lrange(recent_logs_key(task_id), -RECENT_LOGS, -1)
                pipe.lrange(recent_samples_key(task_id), -RECENT_SAMPLES, -1)
                logs, samples = await pipe.execute()
        except REDIS_FAILURES as error:
            logger.warning("recent logs of %s cannot be read: %s", task_id, type(error).__name__)
            return Recent()
        return Recent(logs=_parse(LogRecord, logs), system=_parse(SystemSample, samples))


def _parse(kind: type[M], texts: Iterable[str]) -> list[M]:
    found = []
    for text in texts:
        try:
            found.append(kind.model_validate_json(text))
        except ValidationError:
            logger.warning("something that is no %s was kept", kind.__name__)
    return found
