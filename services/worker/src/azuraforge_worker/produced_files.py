"""What a finished trainer left in its folder becomes artifacts, or a reason why it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from azuraforge_contracts import ArtifactFile, ArtifactSaved, Results
from azuraforge_contracts.names import RESULTS_NAME
from azuraforge_ledger import ArtifactStore, NotAFile
from azuraforge_worker.attempt_folder import path_inside
from azuraforge_worker.errors import ProtocolBroken

MOST_RESULTS_BYTES: Final = 64 * 1024 * 1024


def read_results(files: tuple[ArtifactFile, ...], *, folder: Path, task_id: str) -> Results:
    """The results document among `files`, checked.

    Raises:
        ProtocolBroken: it is missing, unreadable, not `azf.results/1`, or another experiment's.
    """
    paths = [path_inside(folder, file.path) for file in files if file.name == RESULTS_NAME]
    if not paths:
        raise ProtocolBroken(f"it finished without {RESULTS_NAME}")
    try:
        if paths[0].stat().st_size > MOST_RESULTS_BYTES:
            raise ProtocolBroken(f"{RESULTS_NAME} is larger than {MOST_RESULTS_BYTES} bytes")
        results = Results.model_validate_json(paths[0].read_bytes())
    except OSError as error:
        raise ProtocolBroken(f"{RESULTS_NAME} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ProtocolBroken(f"{RESULTS_NAME} is not azf.results/1: {place}: {first['msg']}") from error
    if results.task_id != task_id:
        raise ProtocolBroken(f"{RESULTS_NAME} belongs to another experiment")
    return results


def store_files(files: tuple[ArtifactFile, ...], *, folder: Path, store: ArtifactStore) -> list[ArtifactSaved]:
    """Put every file into the store and compare it with what the trainer said of it.

    Raises:
        ProtocolBroken: a file is missing, not a plain file, or not the one that was reported.
        OSError: the store cannot take it.
    """
    saved = []
    for file in files:
        path = path_inside(folder, file.path)
        try:
            sha256, size = store.put_file(path)
        except (FileNotFoundError, NotAFile) as error:
            raise ProtocolBroken(f"artifact {file.name!r} is not a file of its folder") from error
        if (sha256, size) != (file.sha256, file.bytes):
            raise ProtocolBroken(f"artifact {file.name!r} changed after it was reported")
        saved.append(
            ArtifactSaved(name=file.name, kind=file.kind, media_type=file.media_type, sha256=sha256, bytes=size)
        )
    return saved
