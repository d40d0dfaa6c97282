"""Runs `azuraforge up` in processes of its own and proves that none is left behind."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

STAND_INS = Path(__file__).with_name("stand_ins.py")
MARK = "AZF_TEST_MARK"
DEADLINE_S = 60.0
"""When a test gives up on what should have happened long ago; nothing is proved by how soon it comes."""
ENDLESS_S = 3600.0


class Running:
    """A started `up`: its lines as they come, its processes, its end."""

    def __init__(self, command: list[str], *, environ: dict[str, str], mark: str) -> None:
        self.mark = mark
        self.process = subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def line_with(self, words: str, *, within_s: float = DEADLINE_S) -> str:
        """The next line that holds `words`."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line with {words!r} in {self.lines}") from None
            if line is None:
                raise AssertionError(f"ended with {self.process.wait()} without {words!r}: {self.lines}")
            self.lines.append(line)
            if words in line:
                return line

    def end(self) -> int:
        """Wait until it has ended; its exit status."""
        return self.process.wait(DEADLINE_S)

    def members(self) -> list[psutil.Process]:
        """Every living process of this test, wherever it moved to."""
        return marked_processes(self.mark)

    def member(self, words: str) -> psutil.Process:
        """The process whose command line holds `words`."""
        found = [one for one in self.members() if words in command_line(one)]
        assert len(found) == 1, f"{words}: {found}"
        return found[0]


def command_line(process: psutil.Process) -> str:
    """Its words; none when it has ended since it was found."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def marked_processes(mark: str) -> list[psutil.Process]:
    """Known by environment, folder or arguments: Valkey overwrites its environment, a trainer's is an allow-list."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_marked = process.environ().get(MARK) == mark or process.cwd().startswith(mark)
            is_marked = is_marked or mark in " ".join(process.cmdline())
            if is_marked and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def wait_until(is_true: Callable[[], object], *, within_s: float = DEADLINE_S) -> None:
    deadline = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.02)


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """What every process of this test carries; none may be left when it ends."""
    name = str(tmp_path)
    yield name
    left = marked_processes(name)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    assert not left, f"left behind: {left}"


@pytest.fixture
def environ(tmp_path: Path, mark: str) -> dict[str, str]:
    """An environment whose data folder is this test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AZURAFORGE_")}
    return {**kept, MARK: mark, "AZURAFORGE_HOME": str(tmp_path / "home"), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def start_up(environ: dict[str, str], mark: str) -> Iterator[Callable[..., Running]]:
    """Start `up` with stand-ins, or `arguments` of the real command; stopped at the end if it still runs."""
    running: list[Running] = []

    def start(*arguments: str, worker: str = "worker", api: str = "api", patience_s: float = ENDLESS_S) -> Running:
        stand_ins = [sys.executable, str(STAND_INS), "up", worker, api, str(patience_s)]
        real = [sys.executable, "-m", "azuraforge.main", *arguments]
        running.append(Running(real if arguments else stand_ins, environ=environ, mark=mark))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGTERM)
            one.end()
