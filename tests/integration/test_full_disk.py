"""A disk that fills up in the middle of a training: a wait, no failure, no crash, and the same weights in the end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from worker_house import House, wait_until

from azuraforge_contracts import EventType, ExperimentState

CONFIG = SteadyConfig(epochs=12, batches=4, pause_s=0.05)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB; making one takes root."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_waited_for(sqlite_house: House, small_disk: Path) -> None:
    work, filler = small_disk / "work", small_disk / "filler"
    sqlite_house.start_worker(AZURAFORGE_WORK=str(work), AZURAFORGE_LEAST_FREE_MB="4")
    task_id = sqlite_house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    sqlite_house.wait_for_epoch(task_id, 2)

    fill(filler)
    wait_until(lambda: len(waits(sqlite_house, task_id)) >= 2, what="it waits, tries again and waits again")
    assert sqlite_house.trainers(task_id) == []
    filler.unlink()

    found = sqlite_house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)
    assert (found.state, found.crashes) == (ExperimentState.SUCCEEDED, 0)
    assert find_wrongs(sqlite_house, task_id, config=CONFIG) == []
    causes = waits(sqlite_house, task_id)
    assert causes[0] == "no_room_to_write"
    assert set(causes[1:]) == {"no_room_to_start"}


def fill(file: Path) -> None:
    """Leave not a byte."""
    with file.open("wb", buffering=0) as out:
        for size in (1_000_000, 4096, 1):
            try:
                while True:
                    out.write(b"\0" * size)
            except OSError:
                continue


def waits(house: House, task_id: str) -> list[object]:
    """Why it went into `retry_wait`, each time."""
    states = [event.data for event in house.events(task_id) if event.type == EventType.STATE]
    return [data["failure"]["params"]["cause"] for data in states if data["state"] == ExperimentState.RETRY_WAIT]
