"""Events to Pub/Sub from a thread of its own: a broker that is slow or away never slows a training.

What cannot be published is forgotten: the ledger has every stored event, and viewers find a gap by its `seq`.
The last logs and samples are kept in Redis as well, for those who join late.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError

from azuraforge_contracts import Event, EventType, LogLine, LogRecord, SystemSample
from azuraforge_contracts.names import (
    RECENT_LOGS,
    RECENT_SAMPLES,
    RECENT_TTL_S,
    progress_channel,
    recent_logs_key,
    recent_samples_key,
)

log = logging.getLogger(__name__)
MOST_WAITING: Final = 10_000
MOST_AT_ONCE: Final = 200
PAUSE_S: Final = 1.0


class EventPublisher:
    """Publishes events in the order in which they were given."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: deque[Event] = deque(maxlen=MOST_WAITING)
        self._is_more = threading.Event()
        self._is_closed = False
        self._is_away = False
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def publish(self, events: Iterable[Event]) -> None:
        """Hand events over; returns at once."""
        self._waiting.extend(events)
        self._is_more.set()

    def close(self) -> None:
        """Publish what waits, unless the broker is away, and end the thread."""
        self._is_closed = True
        self._is_more.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while True:
            self._is_more.wait()
            self._is_more.clear()
            while self._waiting:
                self._send([self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))])
            if self._is_closed:
                return

    def _send(self, events: list[Event]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for event in events:
            pipe.publish(progress_channel(event.experiment), event.model_dump_json())
            if event.seq is None:
                _keep(pipe, event)
        try:
            pipe.execute()
        except (RedisError, OSError) as error:
            if not self._is_away:
                log.warning("the broker is away, live view must read the ledger: %s", error)
            self._is_away = True
            self._waiting.clear()
            if not self._is_closed:
                time.sleep(PAUSE_S)
        else:
            self._is_away = False


def _keep(pipe: Pipeline, event: Event) -> None:
    if event.type == EventType.LOG:
        line = LogLine.model_validate(event.data)
        key, most = recent_logs_key(event.experiment), RECENT_LOGS
        texts = [one.model_dump_json() for one in (*line.earlier, LogRecord.model_validate(dict(line)))]
    elif event.type == EventType.SYSTEM:
        key, most = recent_samples_key(event.experiment), RECENT_SAMPLES
        texts = [SystemSample(**event.data, ts=event.ts, attempt=event.attempt).model_dump_json()]
    else:
        return
    pipe.rpush(key, *texts)
    pipe.ltrim(key, -most, -1)
    pipe.expire(key, RECENT_TTL_S)
