"""A trainer as its supervisor holds it: a process group, a pipe each way, and an end that always works."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from azuraforge_contracts import OrderType, SupervisorLine
from azuraforge_worker.process_tree import kill_group, kill_marked

CHUNK_BYTES: Final = 64 * 1024
PIPE_BYTES: Final = 64 * 1024
"""What a Linux pipe holds."""
BLIND_WAIT_S: Final = 0.1
"""How often to look for the process's end where the kernel cannot announce it (no pidfd)."""


class TrainerProcess:
    """One running trainer. Used from one thread, which must live as long as the trainer; `kill` from any."""

    def __init__(self, command: list[str], *, folder: Path, environ: Mapping[str, str], mark: str) -> None:
        """Start `command` with `--up`, `--down` and `--parent` appended, in its own session, logging to trainer.log."""
        self._mark = mark
        up_read, up_write = os.pipe()
        down_read, down_write = os.pipe()
        arguments = ["--up", str(up_write), "--down", str(down_read), "--parent", str(os.getpid())]
        try:
            with (folder / "trainer.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [*command, *arguments],
                    cwd=folder,
                    env=dict(environ),
                    pass_fds=(up_write, down_read),
                    start_new_session=True,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        except BaseException:
            os.close(up_read)
            os.close(down_write)
            raise
        finally:
            os.close(up_write)
            os.close(down_read)
        self._up, self._down = up_read, down_write
        os.set_blocking(up_read, False)
        os.set_blocking(down_write, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(up_read, selectors.EVENT_READ)
        self._exit_fd = _watch_exit(self._process.pid)
        if self._exit_fd is not None:
            self._selector.register(self._exit_fd, selectors.EVENT_READ)
        self._last_reads = PIPE_BYTES // CHUNK_BYTES + 1
        self.is_talking = True

    @property
    def pid(self) -> int:
        """Process id, and id of the process group and session."""
        return self._process.pid

    def read(self, *, timeout_s: float) -> bytes:
        """What the trainer said, waiting at most `timeout_s`; empty on silence and after `is_talking` became false."""
        self._selector.select(timeout_s if self._exit_fd is not None else min(timeout_s, BLIND_WAIT_S))
        if self._process.poll() is not None:
            # What it said before its end fits into the pipe; whatever else speaks here is not the trainer.
            self._last_reads -= 1
        try:
            chunk = os.read(self._up, CHUNK_BYTES)
        except BlockingIOError:
            # Silent. A forked child may hold the pipe open for ever, so the end of the process ends the talk.
            self.is_talking = self._process.returncode is None
            return b""
        self.is_talking = bool(chunk) and self._last_reads > 0
        return chunk

    def order(self, order: OrderType, *, n: int | None = None) -> None:
        """Send one line down. A trainer that does not read is not waited for: its deadline will come."""
        line = SupervisorLine(type=order, n=n).model_dump_json(exclude_none=True) + "\n"
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._down, line.encode())

    def wait(self, *, timeout_s: float) -> int | None:
        """Exit status (negative: the signal that ended it), or None after `timeout_s`."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """SIGKILL the trainer and its group at once."""
        if self._process.returncode is None:
            kill_group(self._process.pid)

    def close(self) -> int:
        """End whatever is left of the trainer and of the processes it started; its exit status."""
        self.kill()
        status = self._process.wait()
        kill_marked(self._mark)
        self._selector.close()
        for fd in (self._up, self._down, self._exit_fd):
            if fd is not None:
                os.close(fd)
        return status


def _watch_exit(pid: int) -> int | None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.pidfd_open(pid)
    return None


def trainer_command(job: Path) -> list[str]:
    """How a trainer is started; `-P` keeps the working folder, which the app writes to, off the import path."""
    return [sys.executable, "-P", "-m", "azuraforge_worker.trainer", "--job", str(job)]
