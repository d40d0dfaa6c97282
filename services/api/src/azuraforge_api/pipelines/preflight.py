"""Asking a worker whether a config would train, before anything is created."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from redis.asyncio import Redis

from azuraforge_api.redis_link import REDIS_FAILURES
from azuraforge_contracts import PreflightReply, PreflightRequest, new_id
from azuraforge_contracts.names import preflight_queue, preflight_reply

logger = logging.getLogger(__name__)

WAIT_S = 10.0
QUEUE_TTL_S = 30
MAX_WAITING = 32
"""Questions in flight at once; more would only queue up in front of the workers, so they are skipped."""


class Preflight:
    """The question and the wait for its answer. `wait_s` is how long an answer is worth waiting for."""

    def __init__(self, redis: Redis, *, wait_s: float = WAIT_S) -> None:
        self._redis = redis
        self._wait_s = wait_s
        self._places = asyncio.Semaphore(MAX_WAITING)

    async def ask(self, pipeline: str, config: Mapping[str, Any]) -> PreflightReply | None:
        """A worker's answer, or None when none came in time."""
        if self._places.locked():
            return None
        async with self._places:
            try:
                return await self._ask(pipeline, config)
            except REDIS_FAILURES as error:
                logger.warning("preflight of %s was not answered: %s", pipeline, type(error).__name__)
            except ValidationError:
                logger.warning("preflight of %s was answered with something that cannot be read", pipeline)
        return None

    async def _ask(self, pipeline: str, config: Mapping[str, Any]) -> PreflightReply | None:
        request = PreflightRequest(
            request_id=new_id(), pipeline=pipeline, config=dict(config), expires_at=time.time() + self._wait_s
        )
        queue, reply_key = preflight_queue(pipeline), preflight_reply(request.request_id)
        text = request.model_dump_json()
        async with self._redis.pipeline(transaction=True) as commands:
            commands.lpush(queue, text)
            commands.expire(queue, QUEUE_TTL_S)
            await commands.execute()
        answer = await self._redis.blpop([reply_key], timeout=self._wait_s)
        if answer is None:
            await self._redis.lrem(queue, 0, text)
            return None
        return PreflightReply.model_validate_json(answer[1])
