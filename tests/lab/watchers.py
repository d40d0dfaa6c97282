"""Viewers that write down what they see: on Pub/Sub as a gateway hears it, and on a gateway's socket as a person does.

The socket's side of the protocol is written here from lifecycle.md section 4, apart from every client of the product.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import defaultdict
from typing import Any

from gateway import Gateway
from redis.exceptions import RedisError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from worker_house import House

from azuraforge_ledger.testing import RecordedEvent, View

PAUSE_S = 0.1


class Ear:
    """Hears everything that is published in a house, across restarts of the broker."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._is_closed = False
        self.heard: dict[str, list[RecordedEvent]] = defaultdict(list)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Ear:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        self._thread.join(10)

    def _run(self) -> None:
        while not self._is_closed:
            with contextlib.suppress(RedisError, OSError), self._house.redis.pubsub() as pubsub:
                pubsub.psubscribe("task-progress:*")
                while not self._is_closed:
                    message = pubsub.get_message(timeout=0.2)
                    if message is not None and message["type"] == "pmessage":
                        self._hear(json.loads(message["data"]))
            time.sleep(PAUSE_S)

    def _hear(self, event: dict[str, Any]) -> None:
        if event.get("seq") is not None:
            self.heard[event["experiment"]].append(_recorded(event))


class Watcher:
    """A person at a dashboard: one socket on one experiment, opened again with `after` whenever it is lost."""

    def __init__(self, gateway: Gateway, task_id: str, *, after: int = 0) -> None:
        self._gateway = gateway
        self.task_id = task_id
        self._after = after
        self._last = after
        self._seen: list[RecordedEvent] = []
        self._is_closed = False
        self.connections = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def has_seen_the_end(self) -> bool:
        """Whether the last event has come."""
        return bool(self._seen) and self._seen[-1].type == "end"

    def close(self) -> View:
        """Stop looking; what was seen."""
        self._is_closed = True
        self._thread.join(10)
        return View(list(self._seen), after=self._after, is_whole=self.has_seen_the_end)

    def _run(self) -> None:
        while not (self._is_closed or self.has_seen_the_end):
            with contextlib.suppress(WebSocketException, OSError):
                self._look()
            time.sleep(PAUSE_S)

    def _look(self) -> None:
        address = f"ws://127.0.0.1:{self._gateway.port}/ws/task_status/{self.task_id}?after={self._last}"
        headers = {"Authorization": f"Bearer {self._gateway.key}"}
        with connect(address, additional_headers=headers, open_timeout=5, close_timeout=1) as socket:
            self.connections += 1
            while not (self._is_closed or self.has_seen_the_end):
                with contextlib.suppress(TimeoutError):
                    self._take(json.loads(socket.recv(timeout=0.5)), socket=socket)

    def _take(self, frame: dict[str, Any], *, socket: Any) -> None:
        if frame["type"] == "reset":
            socket.send(json.dumps({"type": "resume", "after": self._last}))
        elif frame.get("seq") is not None and "experiment" in frame:
            self._seen.append(_recorded(frame))
            self._last = frame["seq"]


def _recorded(event: dict[str, Any]) -> RecordedEvent:
    return RecordedEvent(event["seq"], event["attempt"], event["type"], event["data"])
