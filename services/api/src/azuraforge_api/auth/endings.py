"""Telling every API process that a session has ended or that somebody's rights have changed.

Pub/Sub may lose it, so each process also looks at its open connections every few seconds (`OpenConnections.end_dead`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from azuraforge_api.auth.connections import OpenConnections
from azuraforge_api.redis_link import PUBLISH_TIMEOUT_S, REDIS_FAILURES
from azuraforge_contracts.names import ACCESS_CHANNEL

logger = logging.getLogger(__name__)


class Endings:
    """Closes what is open in this process, and publishes so that the others do the same."""

    def __init__(self, redis: Redis, connections: OpenConnections) -> None:
        self._redis = redis
        self._connections = connections

    async def announce(self, *, sessions: Collection[str] = (), users: Collection[str] = ()) -> None:
        """End these sessions' and API keys' connections, and let those of these users be asked for again."""
        if not sessions and not users:
            return
        self._apply(sessions, users)
        text = json.dumps({"sessions": list(sessions), "users": list(users)})
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await self._redis.publish(ACCESS_CHANNEL, text)
        except REDIS_FAILURES as error:
            logger.warning("other processes find ended sessions by themselves: %s", type(error).__name__)

    def hear(self, text: str) -> None:
        """Take what another process published; what cannot be read is ignored."""
        try:
            said: Any = json.loads(text)
            sessions, users = [str(one) for one in said["sessions"]], [str(one) for one in said["users"]]
        except (ValueError, TypeError, KeyError, RecursionError):
            logger.warning("something that names no session was published")
            return
        self._apply(sessions, users)

    def _apply(self, sessions: Collection[str], users: Collection[str]) -> None:
        self._connections.end_sessions(sessions)
        self._connections.renew_users(users)
