"""A worker that sleeps past its lease wakes up into a world that has gone on: nothing of it may be seen."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from worker_house import House, Worker, wait_until

from azuraforge_contracts import ExperimentState
from azuraforge_ledger.testing import check_history, read_history

CONFIG = SteadyConfig(epochs=30, batches=2, pause_s=0.15)


def test_a_worker_that_slept_past_its_lease_writes_nothing(house: House) -> None:
    sleeper, task_id = _sleep_past_the_lease(house)

    wait_until(lambda: "is given up" in sleeper.log.read_text(), what="the sleeper's write is refused")
    house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    assert find_wrongs(house, task_id, config=CONFIG) == []


def test_without_the_fence_the_check_finds_the_stale_writes(sqlite_house: House) -> None:
    _, task_id = _sleep_past_the_lease(sqlite_house, fault="no_fence")

    def find_stale_writes() -> list[str]:
        return [wrong for wrong in check_history(read_history(sqlite_house.ledger, task_id)) if wrong.startswith("I5")]

    wait_until(find_stale_writes, what="the check finds a stale write")


def _sleep_past_the_lease(house: House, *, fault: str = "") -> tuple[Worker, str]:
    """Stop a worker in the middle of a training, let another one take over, wake the first one up."""
    sleeper = house.start_worker(LAB_FAULT=fault)
    task_id = house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    house.wait_for_epoch(task_id, 2)
    house.start_worker(LAB_FAULT=fault)
    wait_until(lambda: _stop_between_transactions(house, sleeper, task_id), what="a moment to stop the worker")
    wait_until(lambda: house.read(task_id).attempt == 2, what="another worker claims it")
    wait_until(lambda: house.read(task_id).state is ExperimentState.RUNNING, what="the second attempt runs")
    os.kill(sleeper.pid, signal.SIGCONT)
    return sleeper, task_id


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
