"""A worker that is asked to stop, has no broker, or no time: what becomes of its training."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from worker_house import House, Worker

from azuraforge_contracts import EventType, ExperimentState, FailureCode
from azuraforge_ledger.testing import play

CONFIG = SteadyConfig(epochs=5, batches=20, pause_s=0.05)
SHORT = SteadyConfig(epochs=2, batches=2)
LONG = SteadyConfig(epochs=1000, batches=4, pause_s=0.05)
ENDS = (ExperimentState.SUCCEEDED, ExperimentState.FAILED)
MOST_S = 60.0


def test_a_second_signal_does_not_hurry_a_hand_over(sqlite_house: House) -> None:
    worker, task_id = train(sqlite_house)

    worker.process.terminate()
    sqlite_house.wait(lambda: "warm shutdown" in worker.log.read_text().lower(), what="the first signal is heard")
    worker.process.terminate()

    assert worker.process.wait(MOST_S) == 0
    left = sqlite_house.read(task_id)
    assert (left.state, left.crashes) == (ExperimentState.QUEUED, 0)
    is_continued(sqlite_house, task_id)


def test_a_worker_without_its_broker_hands_over_and_leaves(sqlite_house: House) -> None:
    worker, task_id = train(sqlite_house)
    sqlite_house.stop_broker()

    began = time.monotonic()
    worker.process.terminate()
    worker.process.wait(MOST_S)

    assert time.monotonic() - began < MOST_S
    left = sqlite_house.read(task_id)
    assert (left.state, left.crashes) == (ExperimentState.QUEUED, 0)
    sqlite_house.start_broker()
    is_continued(sqlite_house, task_id)


def test_a_worker_without_its_database_leaves_and_another_one_continues(sqlite_house: House) -> None:
    worker, task_id = train(sqlite_house, AZURAFORGE_STOP_GRACE_S="3")
    with closing(sqlite3.connect(sqlite_house.database_url.removeprefix("sqlite:///"), isolation_level=None)) as locker:
        locker.execute("PRAGMA busy_timeout = 20000")
        locker.execute("BEGIN IMMEDIATE")
        worker.process.terminate()
        worker.process.wait(MOST_S)
        assert sqlite_house.trainers(task_id) == []
        locker.execute("COMMIT")

    is_continued(sqlite_house, task_id)


def test_what_is_accepted_while_the_broker_is_away_is_trained(sqlite_house: House) -> None:
    _, running = train(sqlite_house)
    sqlite_house.stop_broker()
    sqlite_house.wait_for_state(running, *ENDS)
    sqlite_house.wait(lambda: not sqlite_house.trainers(running), what="the worker is idle")

    later = sqlite_house.train(SHORT, is_sent=False)

    assert sqlite_house.wait_for_state(later, *ENDS).attempt == 1
    assert find_wrongs(sqlite_house, running, config=CONFIG) == []
    assert find_wrongs(sqlite_house, later, config=SHORT) == []


def test_a_training_ends_at_its_time_limit_with_a_checkpoint_to_go_on_from(sqlite_house: House) -> None:
    task_id = sqlite_house.train(LONG, is_sent=False)
    play.limit_time(sqlite_house.ledger, task_id, 2.0)
    sqlite_house.start_worker(LAB_BARE="1")

    found = sqlite_house.wait_for_state(task_id, *ENDS)

    assert found.failure is not None
    assert found.failure.code == FailureCode.TIMEOUT
    checkpoints = [event.data for event in sqlite_house.events(task_id) if event.type == EventType.CHECKPOINT]
    assert found.failure.params == {"cause": "time_limit", "limit_s": 2.0, "last_epoch": checkpoints[-1]["epoch"]}
    assert f"epoch {checkpoints[-1]['epoch']}" in found.failure.hint
    assert found.crashes == 0


def train(house: House, **environ: str) -> tuple[Worker, str]:
    """A worker in the middle of a training."""
    worker = house.start_worker(LAB_BARE="1", **environ)
    task_id = house.train(CONFIG)
    house.wait_for_epoch(task_id, 1)
    return worker, task_id


def is_continued(house: House, task_id: str) -> None:
    """Another worker brings it to the end that it would have had."""
    house.start_worker(LAB_BARE="1")
    house.wait_for_state(task_id, *ENDS)
    assert find_wrongs(house, task_id, config=CONFIG) == []
