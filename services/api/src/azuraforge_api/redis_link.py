"""The one client through which this process speaks to Redis: short patience, every failure is one exception."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from azuraforge_contracts import Event
from azuraforge_contracts.names import progress_channel

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT_S = 1.0
REDIS_FAILURES = (RedisError, OSError, TimeoutError)
"""What a Redis that is away can raise."""


def open_redis(url: str) -> Redis:
    """A client whose every command ends within seconds. Replies are text."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=15,
        retry=Retry(NoBackoff(), 1),
        health_check_interval=10,
        max_connections=128,
    )


async def publish(redis: Redis, events: Sequence[Event]) -> None:
    """Tell viewers what is already in the ledger. A loss is harmless: they find the gap and read it there."""
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT_S):
            for event in events:
                await redis.publish(progress_channel(event.experiment), event.model_dump_json())
    except REDIS_FAILURES as error:
        logger.warning("events were stored but not published: %s", type(error).__name__)
