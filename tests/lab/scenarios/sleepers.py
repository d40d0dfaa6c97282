"""Processes that are stopped and go on later: a worker past its lease, and a whole machine."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs, judge
from scenario import Measured
from watchers import Ear
from worker_house import House, Worker

from azuraforge_contracts import ExperimentState

CONFIG = SteadyConfig(epochs=3, batches=100, pause_s=0.04)
"""An epoch lasts longer than a lease: a trainer whose supervisor sleeps is still at work when another worker takes
over, and must be ended before the next one begins."""
SUSPENDED_S = 4.0
SUSPEND_LOOK_S = "2.5"
REFUSED = "is given up"


def sleep_past_the_lease(house: House, size: int) -> Measured:
    """`size` workers stopped for longer than a lease: nothing they write later may be seen, and it must be refused."""
    wrongs: list[str] = []
    refused = 0
    for _ in range(size):
        with Ear(house) as ear:
            sleeper, task_id = _sleep(house)
            if not house.fault:
                house.wait(lambda: REFUSED in sleeper.log.read_text(), what="a write of the sleeper is refused")  # noqa: B023
                refused += 1
            wrongs += _see_the_end(house, task_id, ear=ear)
        _end_workers(house)
    return Measured(f"{size} sleepers, {refused} refused, {len(wrongs)} stale writes", wrongs)


def suspend_the_machine(house: House, size: int) -> Measured:
    """Everything stops for longer than a lease and wakes up, workers one after the other: no crash is counted."""
    workers = [house.start_worker(LAB_SECOND_LOOK_S=SUSPEND_LOOK_S, LAB_BARE="1") for _ in range(2)]
    wrongs = []
    for _ in range(size):
        task_id = house.train(CONFIG)
        house.wait_for_epoch(task_id, 1)
        stopped = [*house.trainers(task_id), *(worker.pid for worker in workers)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(SUSPENDED_S)
        holder, idler = _by_holding(house, task_id, workers)
        for pid in (idler.pid, holder.pid, *house.trainers(task_id)):
            with contextlib.suppress(ProcessLookupError):  # where a planted fault took it for dead
                os.kill(pid, signal.SIGCONT)
            time.sleep(0.5)
        found = house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)
        if (found.attempt, found.crashes) != (1, 0):
            wrongs.append(f"a suspend counted as a crash: attempt {found.attempt}, {found.crashes} crashes")
        wrongs += find_wrongs(house, task_id, config=CONFIG)
    return Measured(f"{size} suspends of {SUSPENDED_S:.0f} s, {len(wrongs)} taken for deaths", wrongs)


def _sleep(house: House) -> tuple[Worker, str]:
    """Stop a worker in the middle of a training, let another one take over, wake the first one up."""
    sleeper = house.start_worker(LAB_BARE="1")
    task_id = house.train(CONFIG)
    house.wait_for_epoch(task_id, 1)
    house.start_worker(LAB_BARE="1")
    house.wait(lambda: _stop_between_transactions(house, sleeper, task_id), what="a moment to stop the worker")
    house.wait(lambda: house.read(task_id).attempt == 2, what="another worker claims it")
    house.wait(lambda: house.read(task_id).state is ExperimentState.RUNNING, what="the second attempt runs")
    os.kill(sleeper.pid, signal.SIGCONT)
    return sleeper, task_id


def _see_the_end(house: House, task_id: str, *, ear: Ear) -> list[str]:
    """What is wrong; with a planted fault it may never end well, so the look comes again and again."""

    def look() -> list[str]:
        return judge(house, task_id, published=ear.heard[task_id], is_ended=False)[1]

    if house.fault:
        found: list[str] = house.wait(look, what="the judge finds the planted fault")
        return found
    house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    return find_wrongs(house, task_id, config=CONFIG, published=ear.heard[task_id])


def _stop_between_transactions(house: House, worker: Worker, task_id: str) -> bool:
    """Stop the worker, unless that left a lock in its hands: a database waits long for those."""
    os.kill(worker.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(house.ledger.leases.renew, task_id, attempt=1, worker_id="nobody")
        try:
            writing.result(timeout=1.0)
        except TimeoutError:
            os.kill(worker.pid, signal.SIGCONT)
            return False
    return True


def _by_holding(house: House, task_id: str, workers: list[Worker]) -> tuple[Worker, Worker]:
    """The worker that trains it, and the other."""
    holder = next(one for one in workers if task_id in one.log.read_text())
    return holder, next(one for one in workers if one is not holder)


def _end_workers(house: House) -> None:
    for worker in house.workers:
        if worker.process.poll() is None:
            worker.kill()
