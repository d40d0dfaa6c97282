"""Ends the services when their parent dies, where the kernel does not: `python -m azuraforge.watchdog`.

The parent holds the other end of the standard input and writes the process id of every service it starts, one per
line. The end of the input means that the parent is gone, however it went: everything below those processes is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable

from azuraforge.processes import end_descendants


class Watchdog:
    """The parent's side: one small process that outlives it by a moment."""

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "azuraforge.watchdog"],
            stdin=reader,
            start_new_session=True,  # a Ctrl-C in the terminal is the parent's business
        )
        os.close(reader)

    def watch(self, pid: int) -> None:
        """Also end `pid` when this process dies."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, f"{pid}\n".encode("ascii"))

    def close(self) -> None:
        """The services are stopped: let the watchdog find nothing and end."""
        os.close(self._writer)
        self._process.wait()


def outlive(lines: Iterable[str]) -> None:
    """Read process ids until the writer is gone, then kill their trees."""
    watched = [int(line) for line in lines if line.strip().isdigit()]
    for pid in watched:
        # Each service leads its own session, so a number that was given to another process since is not its leader.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) != pid:
                continue
            end_descendants(pid)
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(_number, signal.SIG_IGN)
    outlive(sys.stdin)
