"""How often somebody may try to sign in, counted in Redis for every API process together."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from azuraforge_api.redis_link import REDIS_FAILURES

logger = logging.getLogger(__name__)

MAX_KEYS: Final = 10_000
REDIS_PATIENCE_S: Final = 0.5

# The moment up to which a key has used its tries: one number instead of a bucket, by the clock of Redis alone.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local period, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local used = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local free_at = used + period - burst * period
if free_at > now then return free_at - now end
redis.call('SET', KEYS[1], string.format('%d', used + period), 'PX', burst * period + period)
return 0
"""

_GIVE_BACK: Final = """
local used = redis.call('GET', KEYS[1])
if used then redis.call('SET', KEYS[1], string.format('%d', tonumber(used) - tonumber(ARGV[1])), 'KEEPTTL') end
"""


@dataclass
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """A token bucket per key in this process: `burst` tries at once, then one every `period_s` seconds."""

    def __init__(self, *, burst: int = 10, period_s: float = 6.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst = burst
        self.period_s = period_s
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str) -> float:
        """Use one try; 0.0 when it was granted, else the seconds until the next one."""
        now = self._clock()
        bucket = self._buckets.pop(key, None) or _Bucket(float(self.burst), now)
        bucket.tokens = min(self.burst, bucket.tokens + (now - bucket.at) / self.period_s)
        bucket.at = now
        self._buckets[key] = bucket  # at the end again: the first is the one that was quiet for longest
        if len(self._buckets) > MAX_KEYS:
            del self._buckets[next(iter(self._buckets))]
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * self.period_s
        bucket.tokens -= 1
        return 0.0

    def give_back(self, key: str) -> None:
        """Return the one try that was used last."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(float(self.burst), bucket.tokens + 1)

    def forgive(self, key: str) -> None:
        """Give all tries back."""
        self._buckets.pop(key, None)


class SharedLimit:
    """The same for all API processes; each counts for itself while Redis is away."""

    def __init__(self, redis: Redis, *, name: str, alone: RateLimit) -> None:
        self._redis = redis
        self._prefix = f"azuraforge:limit:{name}:"
        self._alone = alone

    async def take(self, key: str) -> float:
        """Use one try; 0.0 when it was granted, else the seconds until the next one."""
        try:
            async with asyncio.timeout(REDIS_PATIENCE_S):
                period_ms = round(self._alone.period_s * 1000)
                wait_ms = await self._redis.eval(_TAKE, 1, self._name(key), period_ms, self._alone.burst)
        except REDIS_FAILURES as error:
            logger.warning("sign-ins are counted by this process alone: %s", type(error).__name__)
            return self._alone.take(key)
        return float(wait_ms) / 1000

    async def give_back(self, key: str) -> None:
        """Return the one try that was used last, because it turned out to be nobody's guess."""
        self._alone.give_back(key)
        try:
            async with asyncio.timeout(REDIS_PATIENCE_S):
                await self._redis.eval(_GIVE_BACK, 1, self._name(key), round(self._alone.period_s * 1000))
        except REDIS_FAILURES:
            return  # it comes back with time

    async def forgive(self, key: str) -> None:
        """Give all tries back."""
        self._alone.forgive(key)
        try:
            async with asyncio.timeout(REDIS_PATIENCE_S):
                await self._redis.delete(self._name(key))
        except REDIS_FAILURES:
            return  # its tries come back with time

    def _name(self, key: str) -> str:
        """Keys are people's words and addresses, so Redis gets their hash."""
        return self._prefix + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
