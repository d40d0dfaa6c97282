"""A platform that is used and broken at random for as long as one asks, and judged all the while."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from azuraforge_lab.steady import SteadyConfig
from gateway import Gateway
from invariants import find_wrongs, judge
from own_postgres import OwnPostgres
from watchers import Ear, Watcher
from worker_house import House, Worker

from azuraforge_client import ClientError
from azuraforge_contracts import TERMINAL_STATES, ExperimentState, new_id
from azuraforge_ledger import LedgerUnavailable, StateConflict
from azuraforge_ledger.testing import View
from azuraforge_worker.process_tree import list_marked

CONFIG = SteadyConfig(epochs=12, batches=5, pause_s=0.05, gap_s=0.02)
SUBMIT_EVERY_S = 4.0
FAULT_EVERY_S = 3.0
MOST_OPEN = 8
"""Beyond this many unfinished experiments nobody submits: faults would only make a queue."""
MOST_HITS = 3
"""As many kills as an experiment takes; the fifth crash in a row would rightly end it."""
STOPPED_S = 4.0
OUTAGE_S = 2.0


@dataclass
class Soak:
    """One platform: `step` does what is due, `finish` waits for the rest; `wrongs` is what was ever wrong."""

    house: House
    gateway: Gateway
    postgres: OwnPostgres | None
    ear: Ear
    dice: random.Random
    wrongs: list[str] = field(default_factory=list)
    deeds: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    _open: dict[str, Watcher] = field(default_factory=dict)
    _hits: Counter[str] = field(default_factory=Counter)
    _workers: list[Worker] = field(default_factory=list)
    _submit_at: float = 0.0
    _fault_at: float = 0.0

    def start(self) -> None:
        """Two workers; returns when the gateway knows what they offer."""
        self._workers = [self._start_worker() for _ in range(2)]
        with self.gateway.client() as client:
            self.house.wait(lambda: client.pipelines.list().pipelines, what="a worker announces its pipelines")
        self._fault_at = time.monotonic() + FAULT_EVERY_S

    def step(self) -> None:
        """Submit, break and judge what is due."""
        now = time.monotonic()
        with contextlib.suppress(LedgerUnavailable):
            self._judge_ended()
            if now >= self._submit_at and len(self._open) < MOST_OPEN:
                self._submit_at = now + SUBMIT_EVERY_S
                self._submit()
            if now >= self._fault_at:
                self._fault_at = now + self.dice.uniform(0.5, 2.0) * FAULT_EVERY_S
                self._break_something()

    def finish(self) -> None:
        """No more faults: everything that was accepted ends."""
        for task_id in self._open:
            if self.house.read(task_id).state is ExperimentState.PAUSED:
                self.house.resume(task_id)
        self.house.wait(lambda: self._judge_ended() or not self._open, what="every experiment ends")

    def _submit(self) -> None:
        with contextlib.suppress(ClientError), self.gateway.client() as client:
            config = CONFIG.model_dump(mode="json")
            task_id = client.experiments.start("lab_steady", config, idempotency_key=new_id()).task_id
            self._open[task_id] = Watcher(self.gateway, task_id)
            self.deeds["submitted"] += 1

    def _judge_ended(self) -> None:
        for task_id, watcher in list(self._open.items()):
            state = self.house.read(task_id).state
            if state not in TERMINAL_STATES or not watcher.has_seen_the_end or self.house.trainers(task_id):
                continue
            del self._open[task_id]
            self.ended[state] += 1
            self.wrongs += [f"{task_id}: {wrong}" for wrong in self._wrongs(task_id, state, view=watcher.close())]

    def _wrongs(self, task_id: str, state: ExperimentState, *, view: View) -> list[str]:
        heard = self.ear.heard.pop(task_id, [])
        if state is ExperimentState.CANCELLED:
            return judge(self.house, task_id, views=[view], published=heard)[1]
        return find_wrongs(self.house, task_id, config=CONFIG, views=[view], published=heard)

    def _break_something(self) -> None:
        deeds: dict[str, Callable[[], bool]] = {
            "trainer killed": self._kill_trainer,
            "worker killed": self._kill_worker,
            "worker stopped": self._stop_worker,
            "worker asked to leave": self._replace_worker,
            "gateway killed": self._kill_gateway,
            "broker lost": self._lose_broker,
            "cancelled": self._cancel,
            "paused and resumed": self._pause,
        }
        if self.postgres is not None:
            deeds["database stopped"] = self._lose_database
        name = self.dice.choice(sorted(deeds))
        if deeds[name]():
            self.deeds[name] += 1

    def _start_worker(self) -> Worker:
        return self.house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="2")

    def _trainers(self) -> dict[str, int]:
        marks = list_marked()
        return {mark.split("/")[0]: pid for pid, mark in marks.items() if mark.split("/")[0] in self._open}

    def _may_hit(self, task_ids: set[str]) -> bool:
        return all(self._hits[one] < MOST_HITS for one in task_ids)

    def _kill_trainer(self) -> bool:
        for task_id, pid in self._trainers().items():
            if self._may_hit({task_id}):
                self._hits[task_id] += 1
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return True
        return False

    def _kill_worker(self) -> bool:
        held = {one for one in self._open if self.house.read(one).state not in {ExperimentState.QUEUED}}
        if not self._may_hit(held):
            return False
        self._hits.update(held)
        worker = self._workers.pop(self.dice.randrange(len(self._workers)))
        worker.kill()
        self._workers.append(self._start_worker())
        return True

    def _stop_worker(self) -> bool:
        """Past its lease; whoever it held counts a crash."""
        if not self._may_hit(set(self._open)):
            return False
        self._hits.update(self._open.keys())
        worker = self.dice.choice(self._workers)
        os.kill(worker.pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.kill(worker.pid, signal.SIGCONT)
        return True

    def _replace_worker(self) -> bool:
        worker = self._workers.pop(0)
        self._workers.append(self._start_worker())
        return worker.stop() in {0, 1}

    def _kill_gateway(self) -> bool:
        self.gateway.kill()
        self.gateway.start()
        return True

    def _lose_broker(self) -> bool:
        self.house.stop_broker()
        time.sleep(OUTAGE_S)
        self.house.start_broker()
        return True

    def _lose_database(self) -> bool:
        assert self.postgres is not None
        self.postgres.stop_at_once()
        time.sleep(OUTAGE_S)
        self.postgres.start()
        return True

    def _cancel(self) -> bool:
        return self._order(self.house.cancel) if self.dice.random() < 0.5 else False

    def _pause(self) -> bool:
        def pause_and_resume(task_id: str) -> None:
            self.house.pause(task_id)
            rested = self.house.wait_for_state(task_id, ExperimentState.PAUSED, *TERMINAL_STATES)
            if rested.state is ExperimentState.PAUSED:
                self.house.resume(task_id)

        return self._order(pause_and_resume)

    def _order(self, order: Callable[[str], None]) -> bool:
        if not self._open:
            return False
        try:
            order(self.dice.choice(sorted(self._open)))
        except StateConflict:
            return False
        return True
