"""Kills trainers and workers at random moments of real trainings, until it has killed enough."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker_house import House, Worker

from azuraforge_contracts import ExperimentState
from azuraforge_contracts.names import MAX_CRASHES
from azuraforge_worker.process_tree import list_marked

TERMINAL = {ExperimentState.SUCCEEDED, ExperimentState.FAILED, ExperimentState.CANCELLED}
LONGEST_PAUSE_S = 0.5
AT_ONCE = 3
MOST_HITS = MAX_CRASHES - 2
"""One less than would rightly end an experiment, and one to spare: on a busy machine a short lease may be missed."""


@dataclass
class ChaosMonkey:
    """`trainers` and `workers` many of each die, while some experiments train.

    No experiment is hit so often that it would rightly end as a crash loop; new ones take the place of those that
    have ended or have been hit enough.
    """

    house: House
    config: dict[str, Any]
    rng: random.Random
    trainers: int
    workers: int
    task_ids: list[str] = field(default_factory=list)
    _hits: Counter[str] = field(default_factory=Counter)
    _alive: list[Worker] = field(default_factory=list)

    def run(self) -> None:
        """Start two workers, kill, replace what was killed; returns when every experiment has ended."""
        self._alive = [self._start_worker() for _ in range(2)]
        kills = [self._kill_trainer] * self.trainers + [self._kill_worker] * self.workers
        self.rng.shuffle(kills)
        for kill in kills:
            time.sleep(self.rng.uniform(0.0, LONGEST_PAUSE_S))
            self.house.wait(kill, what=f"a chance to {kill.__name__}")
        self.house.wait(
            lambda: all(self.house.read(task_id).state in TERMINAL for task_id in self.task_ids),
            what="every experiment ends",
        )

    def _start_worker(self) -> Worker:
        return self.house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="2", LAB_BARE="1")

    def _kill_trainer(self) -> bool:
        """Kill the trainer of an experiment that may crash once more; False when none is running just now."""
        for task_id, pid in self._running().items():
            if self._may_crash(task_id):
                with contextlib.suppress(ProcessLookupError):  # it may have finished since it was seen
                    os.kill(pid, signal.SIGKILL)
                    self._hits[task_id] += 1
                    return True
        return False

    def _kill_worker(self) -> bool:
        """Kill a worker that trains something, and with it everything that it trains; another takes its place."""
        running = self._running()
        for worker in self.rng.sample(self._alive, len(self._alive)):
            trained = {task_id for task_id, pid in running.items() if _parent_of(pid) == worker.pid}
            hit = trained | self._claimed()
            if trained and all(self._may_crash(task_id) for task_id in hit):
                worker.kill()
                # A claim may come between looking and killing; whoever was claimed then may have lost its worker.
                self._hits.update(hit | self._claimed())
                self._alive.remove(worker)
                self._alive.append(self._start_worker())
                return True
        return False

    def _claimed(self) -> set[str]:
        """Experiments that some worker has taken and whose trainer is not known to run yet."""
        return {one for one in self.task_ids if self.house.read(one).state is ExperimentState.STARTING}

    def _running(self) -> dict[str, int]:
        """Trainers by experiment, in random order; there are always some experiments left to hit."""
        running, hittable = {}, 0
        marked = list_marked()
        for task_id in self.rng.sample(self.task_ids, len(self.task_ids)):
            state = self.house.read(task_id).state
            hittable += state not in TERMINAL and self._may_crash(task_id)
            trainers = [pid for pid, mark in marked.items() if mark.startswith(task_id)]
            if state is ExperimentState.RUNNING and trainers:
                running[task_id] = trainers[0]
        self.task_ids += [self.house.submit("lab_steady", self.config) for _ in range(AT_ONCE - hittable)]
        return running

    def _may_crash(self, task_id: str) -> bool:
        return self._hits[task_id] < MOST_HITS


def _parent_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
