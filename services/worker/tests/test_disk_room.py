from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest

from azuraforge_contracts import FailureCode, WarningCode
from azuraforge_worker.disk_room import LOOK_S, DiskWatch, find_shortage, needed_bytes

Usage = namedtuple("Usage", ["total", "used", "free"])
MB = 1_000_000


class Disk:
    """How much is free, by folder name."""

    def __init__(self, **free: int) -> None:
        self.free = free

    def __call__(self, folder: Path) -> Usage:
        return Usage(0, 0, self.free[folder.name])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    for name in ("work", "store"):
        (tmp_path / name).mkdir()
    return [tmp_path / "work", tmp_path / "store"]


def test_two_checkpoints_and_the_artifacts_must_fit_and_never_less_than_the_least() -> None:
    assert needed_bytes(checkpoint=300, artifacts=50, least=200) == 650
    assert needed_bytes(checkpoint=10, artifacts=50, least=200) == 200


@pytest.mark.parametrize(("work", "store", "is_short"), [(500, 500, False), (499, 900, True), (900, 499, True)])
def test_each_folder_needs_the_room(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch, work: int, store: int, is_short: bool
) -> None:
    monkeypatch.setattr("shutil.disk_usage", Disk(work=work * MB, store=store * MB))

    shortage = find_shortage(folders, needed=500 * MB)

    assert (shortage is not None) == is_short
    if shortage is not None:
        assert shortage.code is FailureCode.STORAGE_LOW
        assert shortage.params == {"cause": "no_room_to_start", "free_bytes": 499 * MB, "needed_bytes": 500 * MB}
        assert "499 MB" in shortage.message


def test_a_folder_that_is_not_there_yet_counts_as_what_will_hold_it(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", Disk(work=1))
    assert find_shortage([folders[0] / "a" / "b"], needed=2) is not None


def test_low_room_is_said_once_and_again_after_it_was_better(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, disk = Clock(), Disk(work=1000, store=1000)
    monkeypatch.setattr("shutil.disk_usage", disk)
    watch = DiskWatch(folders, least=100, clock=clock)
    said = []
    watch.note_checkpoint(200)
    for free in (1000, 399, 399, 410, 399, 1000, 399):
        disk.free["work"] = free
        warning = watch.find_warning()
        said.append(None if warning is None else warning.code)
        assert watch.find_warning() is None  # not before the next look
        clock.now += LOOK_S

    assert said == [None, WarningCode.STORAGE_LOW, None, None, None, None, WarningCode.STORAGE_LOW]
