"""What a worker leaves behind when it is asked to stop, and what it announces while it lives."""

from __future__ import annotations

import re
from pathlib import Path

from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from worker_house import House, wait_until

from azuraforge_contracts import EventType, ExperimentState
from azuraforge_ledger.testing import pass_time

CONFIG = SteadyConfig(epochs=4, batches=20, pause_s=0.05)


def test_a_stopped_worker_hands_its_training_over_in_the_middle_of_an_epoch(house: House) -> None:
    first = house.start_worker()
    task_id = house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    house.wait_for_epoch(task_id, 2)

    status = first.stop()

    assert status == 0
    left = house.read(task_id)
    assert (left.state, left.crashes) == (ExperimentState.QUEUED, 0)
    assert house.trainers(task_id) == []
    assert house.announcements() == []

    house.start_worker()
    house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    assert find_wrongs(house, task_id, config=CONFIG) == []
    steps = [event.data["step"] for event in house.events(task_id) if event.type == EventType.CHECKPOINT]
    assert any(step % CONFIG.batches for step in steps)  # the hand-over was inside an epoch


def test_a_dead_workers_pipelines_vanish_and_nothing_of_it_lives_on(sqlite_house: House) -> None:
    worker = sqlite_house.start_worker(AZURAFORGE_ANNOUNCEMENT_TTL_S="2", AZURAFORGE_ANNOUNCEMENT_PERIOD_S="0.5")
    (announced,) = wait_until(sqlite_house.announcements, what="the worker announces itself")
    assert {pipeline.name for pipeline in announced.pipelines} >= {"lab_steady", "lab_hostile"}
    task_id = sqlite_house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    sqlite_house.wait_for_epoch(task_id, 1)

    worker.kill()

    wait_until(lambda: not sqlite_house.trainers(task_id), what="its trainer dies with it")
    wait_until(lambda: not sqlite_house.announcements(), what="its announcement expires")


def test_a_worker_imports_no_numpy(sqlite_house: House) -> None:
    worker = sqlite_house.start_worker()
    task_id = sqlite_house.submit("lab_steady", {"epochs": 50, "pause_s": 0.02})
    sqlite_house.wait_for_epoch(task_id, 1)

    assert _libraries(sqlite_house.trainers(task_id)[0]) != []
    assert _libraries(worker.pid) == []


def _libraries(pid: int) -> list[str]:
    """Compiled parts of NumPy that a process has loaded."""
    return re.findall(r"\S*/numpy/\S*\.so\b", Path(f"/proc/{pid}/maps").read_text())


def test_a_worker_outlives_a_broker_that_comes_back_empty(sqlite_house: House) -> None:
    sqlite_house.start_worker(AZURAFORGE_ANNOUNCEMENT_PERIOD_S="0.5")
    wait_until(sqlite_house.announcements, what="the worker announces itself")
    task_id = sqlite_house.submit("lab_steady", {"epochs": 40, "pause_s": 0.02})
    sqlite_house.wait_for_epoch(task_id, 1)

    sqlite_house.stop_broker()
    sqlite_house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    later = sqlite_house.submit("lab_steady", {"epochs": 1}, is_sent=False)
    sqlite_house.start_broker()

    wait_until(sqlite_house.announcements, what="the worker announces itself again")
    pass_time(sqlite_house.ledger, 20)  # the message was never sent, so it is due after 15 s
    found = sqlite_house.wait_for_state(later, ExperimentState.SUCCEEDED)
    assert found.attempt == 1
    assert sqlite_house.read(task_id).crashes == 0
    assert sqlite_house.workers[0].process.poll() is None
