from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from azuraforge_worker.kept_checkpoint import KeptCheckpoint, kept_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("step-1", "step-2"):
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
        (tmp_path / "checkpoints" / name / "model").write_text(name)
    return tmp_path


def test_what_the_ledger_knows_outlives_the_trainers_tidying(folder: Path) -> None:
    kept = KeptCheckpoint(folder)
    kept.is_known("checkpoints/step-1")
    kept.is_known("checkpoints/step-2")
    kept.hold()
    shutil.rmtree(folder / "checkpoints")
    kept.hold()

    assert (kept_path(folder, "checkpoints/step-2") / "model").read_text() == "step-2"
    assert not kept_path(folder, "checkpoints/step-1").exists()


def test_it_goes_when_the_ledger_is_back(folder: Path) -> None:
    kept = KeptCheckpoint(folder)
    kept.is_known("checkpoints/step-1")
    kept.hold()
    kept.let_go()
    assert [path.name for path in folder.iterdir()] == ["checkpoints"]


def test_nothing_known_and_nothing_there_are_no_errors(folder: Path) -> None:
    KeptCheckpoint(folder).hold()
    kept = KeptCheckpoint(folder)
    kept.is_known("checkpoints/gone")
    kept.hold()
    kept.let_go()
    assert [path.name for path in folder.iterdir()] == ["checkpoints"]
