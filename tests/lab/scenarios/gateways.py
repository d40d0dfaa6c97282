"""kill -9 of the gateway while experiments are posted and watched."""

from __future__ import annotations

import contextlib
import random
import threading
import time

from azuraforge_lab.steady import SteadyConfig
from gateway import Gateway, open_gateway
from invariants import find_wrongs
from scenario import Measured
from watchers import Watcher
from worker_house import House

from azuraforge_client import ClientError
from azuraforge_contracts import new_id
from azuraforge_ledger.testing import list_task_ids

CONFIG = SteadyConfig(epochs=16, batches=4, pause_s=0.06)
POSTS_PER_KILL = 2
REST_S = 0.8


class Poster(threading.Thread):
    """Posts with an idempotency key each, again and again until it is told yes; remembers what was accepted."""

    def __init__(self, gateway: Gateway, *, count: int) -> None:
        super().__init__(daemon=True)
        self._gateway = gateway
        self._count = count
        self.accepted: list[str] = []
        self.watchers: list[Watcher] = []

    def run(self) -> None:
        """Post and watch."""
        while len(self.accepted) < self._count:
            key = new_id()
            while (task_id := self._post(key)) is None:
                time.sleep(0.05)
            self.accepted.append(task_id)
            self.watchers.append(Watcher(self._gateway, task_id))
            time.sleep(REST_S / POSTS_PER_KILL)

    def _post(self, key: str) -> str | None:
        config = CONFIG.model_dump(mode="json")
        with contextlib.suppress(ClientError), self._gateway.client() as client:
            # Asked twice for the same: a client that got no answer cannot know whether it was heard.
            answers = {client.experiments.start("lab_steady", config, idempotency_key=key).task_id for _ in range(2)}
            return min(answers)
        return None


def kill_the_gateway(house: House, size: int) -> Measured:
    """`size` kills during POSTs and sockets: what was accepted is there once, and every viewer saw everything."""
    house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="2")
    dice = random.Random()
    with open_gateway(house) as gateway:
        with gateway.client() as client:
            house.wait(lambda: client.pipelines.list().pipelines, what="a worker announces its pipelines")
        poster = Poster(gateway, count=size * POSTS_PER_KILL)
        poster.start()
        for _ in range(size):
            time.sleep(dice.uniform(0.2, REST_S))
            gateway.kill()
            gateway.start()
        poster.join(house.deadline_s)
        for watcher in poster.watchers:
            house.wait(lambda: watcher.has_seen_the_end, what="a viewer sees the end")  # noqa: B023
        views = {one.task_id: one.close() for one in poster.watchers}
    wrongs = [w for one, view in views.items() for w in find_wrongs(house, one, config=CONFIG, views=[view])]
    stored = list_task_ids(house.ledger)
    if sorted(stored) != sorted(set(poster.accepted)) or len(poster.accepted) < size * POSTS_PER_KILL:
        wrongs.append(f"accepted {len(poster.accepted)} experiments, the ledger holds {len(stored)}")
    reconnects = sum(one.connections - 1 for one in poster.watchers)
    lost = len(set(poster.accepted) - set(stored))
    return Measured(f"{size} kills, {len(stored)} accepted, {lost} lost, {reconnects} sockets taken up again", wrongs)
