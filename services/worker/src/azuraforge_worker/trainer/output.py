"""What a pipeline returned, as files on disk and lines to the supervisor."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from azuraforge_contracts import ArtifactFile, LineType
from azuraforge_contracts.names import RESULTS_NAME
from azuraforge_learner.pipelines.base import PipelineResult, ProducedFile
from azuraforge_worker.trainer.link import SupervisorLink


def hand_over(result: PipelineResult, *, link: SupervisorLink, folder: Path, known: Mapping[str, object]) -> None:
    """Write `results.json`, with what is `known` of the experiment, and report every file, the results first.

    Raises:
        ValueError: the results are not JSON, or a file lies outside the folder.
    """
    path = folder / "out" / RESULTS_NAME
    write_atomically(path, json.dumps({**result.results, **known}, allow_nan=False, ensure_ascii=False))
    results = ProducedFile(path=path, name=RESULTS_NAME, kind="results", media_type="application/json")
    for file in [results, *(file for file in result.files if file.name != RESULTS_NAME)]:
        link.say_and_wait(LineType.ARTIFACT, _artifact(file, folder=folder))


def write_atomically(path: Path, text: str) -> None:
    """Write a whole file or nothing: temporary file, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _artifact(file: ProducedFile, *, folder: Path) -> ArtifactFile:
    with file.path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return ArtifactFile(
        path=file.path.resolve().relative_to(folder.resolve()).as_posix(),
        name=file.name,
        kind=file.kind,
        media_type=file.media_type,
        sha256=sha256,
        bytes=file.path.stat().st_size,
    )
