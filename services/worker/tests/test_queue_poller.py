from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from azuraforge_ledger import Ledger, open_ledger
from azuraforge_ledger.testing import play
from azuraforge_worker.desk import Desk, Stopping
from azuraforge_worker.offered import Offered
from azuraforge_worker.queue_poller import QueuePoller
from azuraforge_worker.slots import Slots


@dataclass
class Room:
    """A worker's desk without its broker, and trainings that last until the test says so."""

    ledger: Ledger
    slots: Slots = field(default_factory=lambda: Slots(count=2))
    offered: Offered = field(default_factory=Offered)
    stopping: Stopping = field(default_factory=Stopping)
    settings: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(concurrency=2))
    is_over: threading.Event = field(default_factory=threading.Event)

    def poller(self) -> QueuePoller:
        return QueuePoller(cast("Desk", self), train=self._train, period_s=600.0)

    def _train(self) -> None:
        with self.slots.take():
            while self.ledger.leases.claim_next(pipelines=self.offered.names, worker_id="w") is not None:
                self.is_over.wait(20)


@pytest.fixture
def room(sqlite_url: str) -> Iterator[Room]:
    ledger = open_ledger(sqlite_url)
    ledger.migrate()
    room = Room(ledger)
    room.offered.learn(["stock_predictor"])
    yield room
    room.is_over.set()
    ledger.close()


def until(is_so: Callable[[], bool]) -> bool:
    return any(is_so() or threading.Event().wait(0.01) for _ in range(2000))


def test_what_waits_is_found_while_there_is_room(room: Room) -> None:
    poller = room.poller()
    assert not poller.look()
    for _ in range(3):
        play.submit(room.ledger)

    assert poller.look()
    assert poller.look()
    assert until(lambda: not room.slots.has_free)
    assert not poller.look()

    room.is_over.set()
    assert until(lambda: not room.ledger.leases.has_next(pipelines=["stock_predictor"]))


@pytest.mark.parametrize("why", ["another app's", "stopping", "busy"])
def test_nothing_is_begun_without_a_reason(room: Room, why: str) -> None:
    play.submit(room.ledger, pipeline="another" if why == "another app's" else "stock_predictor")
    if why == "stopping":
        room.stopping.begin()
    if why == "busy":
        with room.slots.take(), room.slots.take():
            assert not room.poller().look()
        return
    assert not room.poller().look()
