"""What a trainer reports while the database is away: durable at once, stored in order later, or never by a stranger."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from own_postgres import OwnPostgres
from worker_house import House, wait_until

from azuraforge_contracts import EventType, ExperimentState
from azuraforge_worker.attempt_folder import SPOOL_NAME

CONFIG = SteadyConfig(epochs=40, batches=2, pause_s=0.05)
LONG_LEASE_S = "12"
EPOCHS_AWAY = 6


def test_a_locked_sqlite_does_not_stop_a_training(sqlite_house: House) -> None:
    sqlite_house.start_worker(LAB_BARE="1", LAB_LEASE_S=LONG_LEASE_S)
    task_id = sqlite_house.train(CONFIG)
    sqlite_house.wait_for_epoch(task_id, 2)
    with locked(sqlite_house):
        gets_on(sqlite_house, task_id)
    ends_as_if_nothing_had_happened(sqlite_house, task_id)


@pytest.mark.postgres
def test_a_stopped_postgres_does_not_stop_a_training(postgres_house: House, postgres: OwnPostgres) -> None:
    postgres_house.start_worker(LAB_BARE="1", LAB_LEASE_S=LONG_LEASE_S)
    task_id = postgres_house.train(CONFIG)
    postgres_house.wait_for_epoch(task_id, 2)
    postgres.stop_at_once()
    gets_on(postgres_house, task_id)
    postgres.start()
    ends_as_if_nothing_had_happened(postgres_house, task_id)


def test_a_training_waits_where_its_lease_would_end_and_goes_on_when_it_is_renewed(sqlite_house: House) -> None:
    sqlite_house.start_worker(LAB_BARE="1", LAB_LEASE_S="3")
    task_id = sqlite_house.train(CONFIG)
    sqlite_house.wait_for_epoch(task_id, 2)
    with locked(sqlite_house):
        sqlite_house.wait(lambda: stands_still(sqlite_house, task_id), what="the trainer waits")
        assert sqlite_house.trainers(task_id) != []
    ends_as_if_nothing_had_happened(sqlite_house, task_id)


def test_a_spool_left_behind_is_never_replayed_and_the_known_checkpoint_is_still_there(sqlite_house: House) -> None:
    worker = sqlite_house.start_worker(LAB_BARE="1", LAB_LEASE_S=LONG_LEASE_S)
    task_id = sqlite_house.train(CONFIG)
    sqlite_house.wait_for_epoch(task_id, 3)
    with locked(sqlite_house):
        known = newest_known_epoch(sqlite_house, task_id)
        gets_on(sqlite_house, task_id)
        worker.kill()
        assert spools(sqlite_house) != []
    sqlite_house.start_worker(LAB_BARE="1")

    sqlite_house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    (resumed,) = [event.data for event in sqlite_house.events(task_id) if event.type == EventType.RESUMED]
    assert resumed["from_epoch"] == known
    sqlite_house.wait(lambda: not spools(sqlite_house), what="the spool is swept")
    assert find_wrongs(sqlite_house, task_id, config=CONFIG) == []


def spools(house: House) -> list[str]:
    """Folders that hold a spool; folders may vanish under the walk, for ended experiments are swept meanwhile."""
    return [folder for folder, _, files in os.walk(house.work) if SPOOL_NAME in files]


@contextmanager
def locked(house: House) -> Iterator[None]:
    """Nobody else writes inside the block."""
    with closing(sqlite3.connect(house.database_url.removeprefix("sqlite:///"), isolation_level=None)) as locker:
        locker.execute("PRAGMA busy_timeout = 20000")
        locker.execute("BEGIN IMMEDIATE")
        yield
        locker.execute("COMMIT")


def gets_on(house: House, task_id: str) -> None:
    """Return when the trainer has made some checkpoints more."""
    before = newest_step(house, task_id)
    target = before + EPOCHS_AWAY * CONFIG.batches
    house.wait(lambda: newest_step(house, task_id) >= target, what="the trainer goes on without the database")


def newest_step(house: House, task_id: str) -> int:
    """Of the checkpoints on disk."""
    steps = [int(path.name.removeprefix("step-")) for path in checkpoints(house, task_id).glob("step-*")]
    return max(steps, default=0)


def checkpoints(house: House, task_id: str) -> Path:
    """The first attempt's own folder of checkpoints."""
    return house.work / task_id / "1" / "checkpoints"


def newest_known_epoch(house: House, task_id: str) -> int:
    """Of the checkpoints in the ledger."""
    told = [event.data["epoch"] for event in house.events(task_id) if event.type == EventType.CHECKPOINT]
    return int(max(told, default=0))


def stands_still(house: House, task_id: str) -> bool:
    """Whether no checkpoint comes during what would be five epochs."""
    before = newest_step(house, task_id)
    try:
        wait_until(lambda: newest_step(house, task_id) > before, what="another checkpoint", deadline_s=2.0)
    except AssertionError:
        return True
    return False


def ends_as_if_nothing_had_happened(house: House, task_id: str) -> None:
    """One attempt, every epoch once and in order, the weights of an undisturbed training."""
    found = house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)
    assert (found.state, found.attempt, found.crashes) == (ExperimentState.SUCCEEDED, 1, 0)
    house.wait(lambda: not spools(house), what="nothing of the spool is left")
    assert find_wrongs(house, task_id, config=CONFIG) == []
