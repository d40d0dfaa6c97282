"""A lock on a folder that lives as long as any process which inherited it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FolderTaken(OSError):
    """Another process holds the lock; `pid` is the one that took it, where it is known."""

    def __init__(self, path: Path, *, pid: int | None) -> None:
        super().__init__(f"{path} is locked" + (f" by process {pid}" if pid else ""))
        self.pid = pid


def take_lock(path: Path) -> int:
    """Lock `path` and return the descriptor that holds the lock.

    The lock belongs to the open file, not to a process: every child that is started with the descriptor holds it too,
    and it ends with the last of them. So a server keeps its folder even when the process that started it was killed.

    Raises:
        FolderTaken: another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise FolderTaken(path, pid=int(holder) if holder.isdigit() else None) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor
