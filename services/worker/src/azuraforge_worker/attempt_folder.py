"""The folders `work/{task_id}/{attempt}`: the job goes in, checkpoints and files come out, little stays."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Final

from azuraforge_contracts import Job, is_id
from azuraforge_worker.errors import CheckpointRefused, ProtocolBroken

LOG_NAME: Final = "trainer.log"
JOB_NAME: Final = "job.json"
MANIFEST_NAME: Final = "manifest.json"
SPOOL_NAME: Final = "events.spool"
PARTIAL: Final = ".partial"
"""How the names of what is being written end; they begin with a dot."""


def experiment_folder(work: Path, task_id: str) -> Path:
    """Where the attempts of one experiment lie. `task_id` is an id, never a path."""
    if not is_id(task_id):
        raise ValueError(f"{task_id!r} is not an experiment id")
    return work / task_id


def make_attempt_folder(work: Path, *, task_id: str, attempt: int) -> Path:
    """A fresh, private folder with `checkpoints/` and `out/`."""
    folder = experiment_folder(work, task_id) / str(attempt)
    for part in ("checkpoints", "out"):
        (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_job(job: Job) -> Path:
    """`job.json` in the attempt's folder."""
    path = Path(job.folder) / JOB_NAME
    path.write_text(job.model_dump_json(), encoding="utf-8")
    return path


def path_inside(folder: Path, name: str) -> Path:
    """The path that a trainer named, if it lies in its folder and nothing on the way leads out of it.

    Raises:
        ProtocolBroken: it lies elsewhere.
    """
    try:
        path = (folder / name).resolve()
    except (ValueError, OSError) as error:  # a NUL, a loop of links
        raise ProtocolBroken(f"{name[:200]!r} is not a path") from error
    if not path.is_relative_to(folder.resolve()) or path == folder.resolve():
        raise ProtocolBroken(f"the path {name[:200]!r} leads out of the attempt's folder")
    return path


def verify_checkpoint(folder: Path, *, sha256: str) -> None:
    """Read the whole checkpoint and compare it with its row and its manifest.

    Raises:
        CheckpointRefused: something is missing, or is not what it was.
    """
    try:
        raw = (folder / MANIFEST_NAME).read_bytes()
        if hashlib.sha256(raw).hexdigest() != sha256:
            raise CheckpointRefused(f"{folder.name}: its manifest has changed")
        files = json.loads(raw)["files"]
        for name, entry in files.items():
            with path_inside(folder, name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
                    raise CheckpointRefused(f"{folder.name}: {name} has changed")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ProtocolBroken) as error:
        raise CheckpointRefused(f"{folder.name} cannot be read: {error}") from error


def sweep_experiment(work: Path, task_id: str) -> None:
    """Delete what the attempts of a finished experiment left, but for their private logs."""
    for attempt in _folders_in(experiment_folder(work, task_id)):
        _sweep(attempt)


def sweep_attempts(work: Path, task_id: str, *, keep: frozenset[int], living: int) -> None:
    """Delete the same of all attempts before the `living` one; of those in `keep` only what nobody continues from."""
    for attempt in _folders_in(experiment_folder(work, task_id)):
        if not attempt.name.isdigit() or int(attempt.name) == living:
            continue
        if int(attempt.name) in keep:
            sweep_halves(attempt)
        else:
            _sweep(attempt)


def sweep_halves(attempt: Path, *, older_than_s: float = 0.0) -> list[str]:
    """Delete from the folder of an attempt that is over what is of no use to another one; the names.

    That is its job, what it spooled, and whatever was only half written when it ended.
    """
    halves = [attempt / JOB_NAME, attempt / SPOOL_NAME, *attempt.glob(f".*{PARTIAL}"), *attempt.glob(f"*/.*{PARTIAL}")]
    swept = []
    for half in halves:
        try:
            if time.time() - half.lstat().st_mtime < older_than_s:
                continue
        except FileNotFoundError:
            continue
        if half.is_dir() and not half.is_symlink():
            shutil.rmtree(half, ignore_errors=True)
        else:
            half.unlink(missing_ok=True)
        swept.append(half.name)
    return swept


def _folders_in(folder: Path) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    except FileNotFoundError:
        return []


def _sweep(folder: Path) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        elif entry.name != LOG_NAME:
            Path(entry.path).unlink(missing_ok=True)
