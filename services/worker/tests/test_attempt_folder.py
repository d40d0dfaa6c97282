from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from azuraforge_contracts import new_id
from azuraforge_worker.attempt_folder import (
    experiment_folder,
    make_attempt_folder,
    path_inside,
    sweep_attempts,
    sweep_experiment,
    sweep_halves,
    verify_checkpoint,
)
from azuraforge_worker.errors import CheckpointRefused, ProtocolBroken


def make_checkpoint(folder: Path) -> str:
    """A checkpoint as the learner seals it; the sha256 of its manifest."""
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    entry = {"sha256": hashlib.sha256(b"weights").hexdigest(), "bytes": 7}
    manifest = json.dumps({"files": {"model.safetensors": entry}}).encode()
    (folder / "manifest.json").write_bytes(manifest)
    return hashlib.sha256(manifest).hexdigest()


def test_a_whole_checkpoint_verifies(tmp_path: Path) -> None:
    sha256 = make_checkpoint(tmp_path / "step")
    verify_checkpoint(tmp_path / "step", sha256=sha256)


@pytest.mark.parametrize("name", ["manifest.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_any_damage_is_refused(tmp_path: Path, name: str, damage: str) -> None:
    sha256 = make_checkpoint(tmp_path / "step")
    path = tmp_path / "step" / name
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:] if damage == "flip" else content[:-1])
    if damage == "gone":
        path.unlink()

    with pytest.raises(CheckpointRefused):
        verify_checkpoint(tmp_path / "step", sha256=sha256)


def test_a_manifest_that_names_files_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"x")
    folder = tmp_path / "step"
    folder.mkdir()
    entry = {"sha256": hashlib.sha256(b"x").hexdigest(), "bytes": 1}
    manifest = json.dumps({"files": {"../outside": entry}}).encode()
    (folder / "manifest.json").write_bytes(manifest)

    with pytest.raises(CheckpointRefused):
        verify_checkpoint(folder, sha256=hashlib.sha256(manifest).hexdigest())


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", ".", "", "out/../../x", "link/x", "a\0b"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "attempt"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)

    with pytest.raises(ProtocolBroken):
        path_inside(folder, name)


def test_a_path_inside_is_taken(tmp_path: Path) -> None:
    assert path_inside(tmp_path, "out/report.html") == tmp_path.resolve() / "out" / "report.html"


def test_an_id_is_never_a_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an experiment id"):
        experiment_folder(tmp_path, "../etc")


def test_what_is_over_leaves_only_its_logs(tmp_path: Path) -> None:
    task_id = new_id()
    for attempt in (1, 2):
        folder = make_attempt_folder(tmp_path, task_id=task_id, attempt=attempt)
        make_checkpoint(folder / "checkpoints" / "step")
        for name in ("trainer.log", "job.json"):
            (folder / name).write_text("x")

    sweep_experiment(tmp_path, task_id)

    left = sorted(str(path.relative_to(tmp_path / task_id)) for path in (tmp_path / task_id).rglob("*"))
    assert left == ["1", "1/trainer.log", "2", "2/trainer.log"]


def test_attempts_whose_checkpoints_are_wanted_stay(tmp_path: Path) -> None:
    task_id = new_id()
    for attempt in (1, 2, 3):
        make_attempt_folder(tmp_path, task_id=task_id, attempt=attempt)

    sweep_attempts(tmp_path, task_id, keep=frozenset({2}), living=3)

    assert [list((tmp_path / task_id / str(n)).iterdir()) == [] for n in (1, 2, 3)] == [True, False, False]


def test_nothing_to_sweep_is_no_error(tmp_path: Path) -> None:
    sweep_experiment(tmp_path, new_id())


def test_of_a_kept_attempt_only_what_can_be_continued_from_stays(tmp_path: Path) -> None:
    task_id = new_id()
    folder = make_attempt_folder(tmp_path, task_id=task_id, attempt=1)
    make_checkpoint(folder / "checkpoints" / "step-1")
    make_checkpoint(folder / "checkpoints" / ".step-2.ab12.partial")
    for name in ("trainer.log", "job.json", "events.spool"):
        (folder / name).write_text("x")

    sweep_attempts(tmp_path, task_id, keep=frozenset({1}), living=2)

    assert sorted(path.name for path in folder.iterdir()) == ["checkpoints", "out", "trainer.log"]
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["step-1"]


def test_what_is_young_may_have_a_writer(tmp_path: Path) -> None:
    (tmp_path / "events.spool").write_text("x")
    assert sweep_halves(tmp_path, older_than_s=3600.0) == []
    assert sweep_halves(tmp_path) == ["events.spool"]
