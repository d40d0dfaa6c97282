"""Cores that a worker may share among its trainings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from azuraforge_worker import cores
from azuraforge_worker.settings import read_settings


def test_two_threads_of_one_core_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: f"{int(path.parts[-3][3:]) % 2},x\n")

    assert cores.usable_cores() == 2


def test_a_machine_that_tells_nothing_of_its_cores_has_one_per_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5}, raising=False)
    monkeypatch.setattr(Path, "read_text", refuse)

    assert cores.usable_cores() == 2


def refuse(*_: object, **__: object) -> str:
    raise OSError


@pytest.mark.parametrize(("concurrency", "threads"), [("1", 8), ("3", 2), ("20", 1)])
def test_trainings_side_by_side_share_the_cores(
    monkeypatch: pytest.MonkeyPatch, concurrency: str, threads: int
) -> None:
    monkeypatch.setattr("azuraforge_worker.settings.usable_cores", lambda: 8)
    environ = {"AZURAFORGE_REDIS_URL": "redis://x", "AZURAFORGE_WORKER_CONCURRENCY": concurrency}

    assert read_settings(environ).threads == threads
