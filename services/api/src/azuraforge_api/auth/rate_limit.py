"""How often one address may try to sign in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

MAX_ADDRESSES = 10_000


@dataclass
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """A token bucket per address: `burst` tries at once, then one every `period_s` seconds."""

    def __init__(self, *, burst: int = 10, period_s: float = 6.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._period_s = period_s
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, address: str) -> float:
        """Use one try; 0.0 when it was granted, else the seconds until the next one."""
        now = self._clock()
        bucket = self._buckets.pop(address, None) or _Bucket(float(self._burst), now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) / self._period_s)
        bucket.at = now
        self._buckets[address] = bucket  # at the end again: the first is the one that was quiet for longest
        if len(self._buckets) > MAX_ADDRESSES:
            del self._buckets[next(iter(self._buckets))]
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * self._period_s
        bucket.tokens -= 1
        return 0.0
