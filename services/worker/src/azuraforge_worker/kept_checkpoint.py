"""The newest checkpoint that the ledger knows, kept from the trainer's tidying while the ledger hears of no newer one.

A trainer deletes its older checkpoints. While the database is away the newer ones have no row yet, and a worker killed
at that moment would leave rows without folders: the training would begin again. Hard links cost nothing and keep the
files whatever becomes of the trainer's own names for them.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)
KEPT_NAME: Final = "kept"


class KeptCheckpoint:
    """Of one attempt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = ""
        self._is_held = False

    def is_known(self, path: str) -> None:
        """The ledger has the row of the checkpoint at `path` in the attempt's folder."""
        self._known = path

    def hold(self) -> None:
        """Link the known one aside, once; what cannot be linked is only logged."""
        if self._is_held or not self._known:
            return
        self._is_held = True
        source, target = self._folder / self._known, kept_path(self._folder, self._known)
        try:
            target.mkdir(parents=True, exist_ok=True)
            for file in os.scandir(source):
                os.link(file.path, target / file.name, follow_symlinks=False)
        except OSError as error:
            log.warning("the checkpoint %s cannot be kept aside: %s", source, error)

    def let_go(self) -> None:
        """The ledger knows newer ones."""
        if self._is_held:
            self._is_held = False
            shutil.rmtree(self._folder / KEPT_NAME, ignore_errors=True)


def kept_path(folder: Path, path: str) -> Path:
    """Where the checkpoint at `path` in the attempt's `folder` is if it was kept aside."""
    return folder / KEPT_NAME / path
