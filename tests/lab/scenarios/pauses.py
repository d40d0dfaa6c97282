"""Pause and resume at random moments, with kills in between and wake-ups that come too late."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time

from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from scenario import Measured
from watchers import Ear
from worker_house import House

from azuraforge_contracts import TERMINAL_STATES, ExperimentState
from azuraforge_ledger import StateConflict
from azuraforge_worker.celery_app import send_wake_up

CONFIG = SteadyConfig(epochs=12, batches=6, pause_s=0.04)
LONGEST_S = 1.0
REST_S = 0.6


def pause_under_kills(house: House, size: int) -> Measured:
    """`size` pauses, half of them met by a kill: at rest nothing runs, and the end is bit-equal."""
    house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="2", LAB_BARE="1")
    dice = random.Random()
    pauses, ids = 0, []
    wrongs: list[str] = []
    with Ear(house) as ear:
        while pauses < size:
            task_id = house.train(CONFIG)
            ids.append(task_id)
            house.wait_for_epoch(task_id, 1)  # a worker hears wake-ups by now
            while pauses < size and not _is_over(house, task_id):
                time.sleep(dice.uniform(0.0, LONGEST_S))
                if _pause(house, task_id, is_killed=dice.random() < 0.5):
                    pauses += 1
                    wrongs += _watch_it_rest(house, task_id)
                    house.resume(task_id)
        for task_id in ids:
            house.wait_for_state(task_id, *TERMINAL_STATES)
            wrongs += find_wrongs(house, task_id, config=CONFIG, published=ear.heard[task_id])
    return Measured(f"{pauses} pauses of {len(ids)} trainings, {len(wrongs)} wrong", wrongs)


def _pause(house: House, task_id: str, *, is_killed: bool) -> bool:
    """Whether it rests; it may end first."""
    try:
        house.pause(task_id)
    except StateConflict:
        return False
    if is_killed:
        for pid in house.trainers(task_id):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    rested = house.wait_for_state(task_id, ExperimentState.PAUSED, *TERMINAL_STATES)
    return rested.state is ExperimentState.PAUSED


def _watch_it_rest(house: House, task_id: str) -> list[str]:
    send_wake_up(house.app, task_id)
    house.wait(lambda: not house.trainers(task_id), what="its trainer is gone")
    time.sleep(REST_S)
    found = house.read(task_id)
    return [] if found.state is ExperimentState.PAUSED else [f"{task_id} rested, and is {found.state} all the same"]


def _is_over(house: House, task_id: str) -> bool:
    return house.read(task_id).state in TERMINAL_STATES
