"""Tells the API what this worker can run: an announcement that dies with the worker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from azuraforge_contracts import WorkerAnnouncement
from azuraforge_contracts.names import WORKERS_KEY, worker_key

log = logging.getLogger(__name__)
RETRY_S: Final = 1.0
FORGET_AFTER_S: Final = 600.0
"""Dead workers stay in the set of names for this long; nobody believes them, their own key has expired."""


class Announcer:
    """A thread that announces every `period_s`; a broker that restarts empty hears of the worker again."""

    def __init__(
        self, redis: Redis, *, describe: Callable[[], WorkerAnnouncement], ttl_s: int, period_s: float
    ) -> None:
        self._redis = redis
        self._describe = describe
        self._ttl_s = ttl_s
        self._period_s = period_s
        self._closed = threading.Event()
        self._is_away = False
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)

    def start(self) -> None:
        """Announce at once, then again and again."""
        self._thread.start()

    def close(self) -> None:
        """Take the announcement back and end the thread."""
        self._closed.set()
        self._thread.join(5.0)
        worker_id = self._describe().worker_id
        try:
            pipe = self._redis.pipeline()
            pipe.delete(worker_key(worker_id))
            pipe.zrem(WORKERS_KEY, worker_id)
            pipe.execute()
        except (RedisError, OSError) as error:
            log.info("the announcement is left to expire: %s", error)

    def _run(self) -> None:
        wait_s = 0.0
        while not self._closed.wait(wait_s):
            wait_s = self._period_s if self._announce() else min(RETRY_S, self._period_s)

    def _announce(self) -> bool:
        announcement, now = self._describe(), time.time()
        pipe = self._redis.pipeline()
        pipe.set(worker_key(announcement.worker_id), announcement.model_dump_json(), ex=self._ttl_s)
        pipe.zadd(WORKERS_KEY, {announcement.worker_id: now})
        pipe.zremrangebyscore(WORKERS_KEY, "-inf", now - FORGET_AFTER_S)
        try:
            pipe.execute()
        except (RedisError, OSError) as error:
            if not self._is_away:
                log.warning("the broker is away, this worker cannot announce itself: %s", error)
            self._is_away = True
            return False
        self._is_away = False
        return True
