"""Hears on Pub/Sub that an experiment is to stop, so that a cancel or a pause need not wait for the next renewal.

Only a hint: the order itself is read from the ledger. Without a broker the renewal brings it a little later.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from azuraforge_contracts import ExperimentState
from azuraforge_contracts.names import progress_channel

log = logging.getLogger(__name__)
HINTS: Final = tuple(f'"{state}"'.encode() for state in (ExperimentState.CANCELLING, ExperimentState.PAUSING))
LISTEN_S: Final = 0.25
PAUSE_S: Final = 1.0
IDLE_CHANNEL: Final = "azuraforge:worker-idle"
"""Keeps the connection subscribed to something while no experiment is watched."""


class OrderListener:
    """One subscription of the worker; `watch` pokes a supervisor when its experiment is to stop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._pokes: dict[str, Callable[[], None]] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orders", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def watch(self, task_id: str, *, poke: Callable[[], None]) -> Iterator[None]:
        """Inside the block, call `poke` (from the listener's thread) at every hint for `task_id`."""
        self._pokes[progress_channel(task_id)] = poke
        try:
            yield
        finally:
            self._pokes.pop(progress_channel(task_id), None)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
            except (RedisError, OSError) as error:
                log.debug("the broker is away, orders come with the renewal: %s", error)
                self._closed.wait(PAUSE_S)

    def _listen(self) -> None:
        with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(IDLE_CHANNEL)
            heard: set[str] = set()
            while not self._closed.is_set():
                wanted = set(self._pokes)
                if new := wanted - heard:
                    pubsub.subscribe(*new)
                if old := heard - wanted:
                    pubsub.unsubscribe(*old)
                heard = wanted
                message = pubsub.get_message(timeout=LISTEN_S)
                if message is not None and any(hint in message["data"] for hint in HINTS):
                    poke = self._pokes.get(message["channel"].decode())
                    if poke is not None:
                        poke()
