"""Whether the disk has room for a training: looked at before it begins, and while it goes on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from azuraforge_contracts import Failure, FailureCode, WarningCode, WarningRaised

CHECKPOINTS: Final = 2
"""A new one is written before an old one is deleted."""
LOOK_S: Final = 10.0
ENOUGH_AGAIN: Final = 1.2
"""A disk at the edge is warned of once, not at every look."""


def needed_bytes(*, checkpoint: int, artifacts: int, least: int) -> int:
    """Free bytes that a training should find, from what is known of its sizes."""
    return max(least, CHECKPOINTS * checkpoint + artifacts)


def find_shortage(folders: Sequence[Path], *, needed: int) -> Failure | None:
    """The failure to tell if one of `folders` (or of what will hold it) has fewer than `needed` bytes free."""
    folder, free = find_fullest(folders)
    if free >= needed:
        return None
    return Failure(
        code=FailureCode.STORAGE_LOW,
        message=f"The worker's disk has {_say(free)} left, and this training may need {_say(needed)}.",
        hint=f"Free some space on the disk of {folder}; the experiment goes on by itself.",
        params={"cause": "no_room_to_start", "free_bytes": free, "needed_bytes": needed},
    )


def find_fullest(folders: Sequence[Path]) -> tuple[Path, int]:
    """The folder with the fewest free bytes, and how many those are."""
    return min(((folder, _free(folder)) for folder in folders), key=lambda found: found[1])


class DiskWatch:
    """Warns once when the room gets so low that the next checkpoint may not fit any more."""

    def __init__(self, folders: Sequence[Path], *, least: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._folders = folders
        self._least = least
        self._clock = clock
        self._checkpoint = 0
        self._next_look = clock()
        self._is_said = False

    def note_checkpoint(self, size: int) -> None:
        """A checkpoint of `size` bytes was written."""
        self._checkpoint = max(self._checkpoint, size)

    def find_warning(self) -> WarningRaised | None:
        """What is new and should be told; looks at the disk every ten seconds."""
        if self._clock() < self._next_look:
            return None
        self._next_look = self._clock() + LOOK_S
        needed = needed_bytes(checkpoint=self._checkpoint, artifacts=0, least=self._least)
        _, free = find_fullest(self._folders)
        if free >= needed:
            self._is_said = self._is_said and free < ENOUGH_AGAIN * needed
            return None
        if self._is_said:
            return None
        self._is_said = True
        return WarningRaised(
            code=WarningCode.STORAGE_LOW,
            message=f"The worker's disk has only {_say(free)} left. Free some space, or the training will wait for it.",
            params={"free_bytes": free, "needed_bytes": needed},
        )


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _say(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
