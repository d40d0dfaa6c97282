"""What stands and what does not, in words that tell a stranger nothing more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib.metadata import version

from redis.asyncio import Redis

from azuraforge_api.redis_link import REDIS_FAILURES
from azuraforge_api.threads import Threads
from azuraforge_contracts import Health
from azuraforge_ledger import Ledger, LedgerError

logger = logging.getLogger(__name__)

CHECK_TIMEOUT_S = 2.0


class HealthService:
    """Asks the ledger and Redis whether they answer."""

    def __init__(self, ledger: Ledger, redis: Redis, *, threads: Threads) -> None:
        self._ledger = ledger
        self._redis = redis
        self._threads = threads
        self._version = version("azuraforge-api")

    def alive(self) -> Health:
        """This process answers."""
        return Health(status="ok", version=self._version)

    async def ready(self) -> Health:
        """`ok`; `degraded` without Redis (accepts and shows, by polling); `unavailable` without the ledger."""
        ledger, redis = await asyncio.gather(self._check("ledger", self._ask_ledger), self._check("redis", self._ping))
        status = "unavailable" if ledger != "ok" else "degraded" if redis != "ok" else "ok"
        return Health(status=status, version=self._version, checks={"ledger": ledger, "redis": redis})

    async def _check(self, name: str, ask: Callable[[], Awaitable[object]]) -> str:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                await ask()
        except (LedgerError, *REDIS_FAILURES) as error:
            logger.warning("%s does not answer: %s", name, type(error).__name__)
            return "unavailable"
        return "ok"

    async def _ask_ledger(self) -> None:
        await self._threads.run(self._ledger.ping)

    async def _ping(self) -> None:
        await self._redis.ping()
