"""Checkpoints in the artifact store: they outlive the attempt's folder, and any worker can go on from them.

When an attempt is over, however it ended, its last two checkpoints and the best are put into the store; what an
experiment needs no longer is deleted there. A newer attempt looks into its own folders first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from azuraforge_ledger import ArtifactStore, CheckpointRow, Claim, Ledger, LedgerError
from azuraforge_worker.attempt_folder import experiment_folder, verify_checkpoint
from azuraforge_worker.checkpoint_archive import pack_checkpoint, unpack_checkpoint
from azuraforge_worker.errors import CheckpointRefused

log = logging.getLogger(__name__)
T = TypeVar("T")


class Patiently(Protocol):
    """Calls the ledger, again and again while it is away."""

    def __call__(self, call: Callable[[], T]) -> T:
        """What `call` answers."""


def store_checkpoints(claim: Claim, *, ledger: Ledger, store: ArtifactStore, work: Path, patiently: Patiently) -> None:
    """Put the wanted checkpoints of an attempt that is over into the store. One that cannot be kept is only logged.

    Raises:
        FenceLost: another attempt holds the experiment.
    """
    task_id, attempt = claim.task_id, claim.attempt
    wanted = patiently(lambda: ledger.control.list_wanted_checkpoints(task_id))
    stored = {}
    for row in wanted:
        if row.stored_sha256 is None and (sha256 := _put(row, home=experiment_folder(work, task_id), store=store)):
            stored[row.seq] = sha256
    if stored:
        unused = patiently(lambda: ledger.control.keep_checkpoints(task_id, attempt=attempt, stored=stored))
        for sha256 in unused:
            store.delete(sha256)


def fetch_checkpoint(stored_sha256: str, folder: Path, *, sha256: str, store: ArtifactStore) -> Path:
    """`folder`, made from the archive in the store and verified.

    Raises:
        CheckpointRefused: it is gone, damaged, or not that checkpoint.
        OSError: the folder cannot be written.
    """
    try:
        with store.open(stored_sha256) as archive:
            unpack_checkpoint(archive, folder, sha256=sha256)
    except LedgerError as error:
        raise CheckpointRefused(f"{error}") from error
    return folder


def _put(row: CheckpointRow, *, home: Path, store: ArtifactStore) -> str | None:
    folder = home / str(row.attempt) / row.path
    try:
        verify_checkpoint(folder, sha256=row.sha256)
        return store.put_written(lambda out: pack_checkpoint(folder, out))[0]
    except (CheckpointRefused, OSError) as error:
        log.warning("the checkpoint after epoch %d is not kept: %s", row.epoch, error)
        return None
