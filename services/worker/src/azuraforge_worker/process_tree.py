"""Life and death of child processes: none outlives its parent, none escapes its end.

Linux has what is needed (`prctl`, `/proc`); elsewhere the process group alone is used.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from azuraforge_worker.environment import MARK

PR_SET_PDEATHSIG: Final = 1
SWEEPS: Final = 20


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent's thread ends; leave at once if the parent is already gone.

    Called by the child itself, first of all: a `preexec_fn` in a process with threads can deadlock. The thread that
    started the child must live as long as the child.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)


def kill_group(pid: int) -> None:
    """SIGKILL the process group that `pid` leads; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_marked(mark: str) -> int:
    """SIGKILL every process whose environment carries `mark`, or a mark below it; how many there were.

    A child may have left its group with `setsid`; the mark goes along. Repeated, because a dying tree may still fork.
    """
    killed: set[int] = set()
    for _ in range(SWEEPS):
        found = find_marked(mark)
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        killed.update(found)
        time.sleep(0.005)  # the kernel needs a moment to take a killed process out of /proc
    return len(killed)


def find_marked(mark: str) -> list[int]:
    """Living processes whose environment carries `mark` or a mark below it (`mark/…`)."""
    return [pid for pid, found in list_marked().items() if found == mark or found.startswith(f"{mark}/")]


def list_marked() -> dict[int, str]:
    """The mark of every living process that has one, but for this process; zombies have none any more."""
    prefix = f"{MARK}=".encode()
    marks = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            entries = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for entry in entries:
            if entry.startswith(prefix) and int(folder.name) != os.getpid():
                marks[int(folder.name)] = os.fsdecode(entry.removeprefix(prefix))
    return marks
