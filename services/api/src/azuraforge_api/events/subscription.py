"""The one Pub/Sub connection of this process, and what replaces it while Redis is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from redis.asyncio import Redis

from azuraforge_api.events.hub import Hub
from azuraforge_api.redis_link import REDIS_FAILURES
from azuraforge_contracts.names import PROGRESS_PATTERN

logger = logging.getLogger(__name__)

CHANNEL_PREFIX = PROGRESS_PATTERN.removesuffix("*")
HEARTBEAT_S = 15.0
POLL_S = 1.0
"""How often the ledger is asked while Redis is away."""
CHECK_S = 5.0
"""How often it is asked anyway: a writer may die between its commit and its publish."""
LONGEST_PAUSE_S = 2.0
NO_NOTICES: Final[Mapping[str, Callable[[str], None]]] = MappingProxyType({})


class Subscription:
    """Feeds the hub: from Pub/Sub, or by asking the ledger while there is none.

    `notices` are other channels that come over the same connection, and who hears them.
    """

    def __init__(
        self,
        redis: Redis,
        hub: Hub,
        *,
        heartbeat_s: float = HEARTBEAT_S,
        notices: Mapping[str, Callable[[str], None]] = NO_NOTICES,
    ) -> None:
        self._redis = redis
        self._notices = notices
        self._hub = hub
        self._heartbeat_s = heartbeat_s
        self._tasks: list[asyncio.Task[None]] = []
        self.is_live = asyncio.Event()
        """Set while published events reach this process."""

    def start(self) -> None:
        """Begin; returns at once, `is_live` tells when Redis has answered."""
        self._tasks = [asyncio.create_task(run()) for run in (self._listen_for_ever, self._check, self._beat)]

    async def aclose(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen_for_ever(self) -> None:
        pause_s = 0.1
        while True:
            try:
                await self._listen()
            except REDIS_FAILURES as error:
                if self.is_live.is_set():
                    logger.warning("live events come from the ledger until Redis is back: %s", type(error).__name__)
                    pause_s = 0.1
            finally:
                self.is_live.clear()
            self._hub.check()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:
            if self._notices:
                await pubsub.subscribe(*self._notices)
            await pubsub.psubscribe(PROGRESS_PATTERN)
            while True:
                message = await pubsub.get_message(timeout=5.0)
                if message is not None:
                    self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "pmessage":
            self._hub.hear(message["channel"].removeprefix(CHANNEL_PREFIX), message["data"])
        elif message["type"] == "message":
            self._notices[message["channel"]](message["data"])
        elif message["type"] == "psubscribe":
            # Comes at the first subscription and after every silent reconnect: something may have been missed.
            self.is_live.set()
            self._hub.check()

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S if self.is_live.is_set() else POLL_S)
            self._hub.check()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            self._hub.beat()
