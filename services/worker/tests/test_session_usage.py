from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from azuraforge_worker.session_usage import PAGE_BYTES, TICKS_PER_S, SessionUsage


class Proc:
    """A /proc of our own, and the time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 50.0
        (folder / "self").mkdir()

    def put(
        self, pid: int, *, session: int, ticks: tuple[int, int, int, int], threads: int = 1, pages: int = 10
    ) -> None:
        (self.folder / str(pid)).mkdir(exist_ok=True)
        fields = ["S", "1", str(pid), str(session), "0", "-1", "0", "0", "0", "0", "0", *map(str, ticks)]
        fields += ["20", "0", str(threads), "0", "123", "4096", str(pages), "0"]
        (self.folder / str(pid) / "stat").write_text(f"{pid} (a) b (c) {' '.join(fields)}\n")

    def remove(self, pid: int) -> None:
        (self.folder / str(pid) / "stat").unlink()


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


def test_every_process_of_the_session_is_counted_and_no_other(proc: Proc) -> None:
    proc.put(7, session=7, ticks=(10, 5, 0, 0), threads=3, pages=100)
    proc.put(8, session=7, ticks=(10, 5, 0, 0), threads=2, pages=50)
    proc.put(9, session=1, ticks=(999, 999, 0, 0), threads=99, pages=9999)
    usage = SessionUsage(7, clock=lambda: proc.now, proc=proc.folder)
    first = usage.sample()
    assert first is not None
    assert (first.cpu_percent, first.threads, first.processes) == (None, 5, 2)
    assert first.memory_bytes == 150 * PAGE_BYTES

    proc.now += 2.0
    proc.put(7, session=7, ticks=(10 + 2 * TICKS_PER_S, 5 + TICKS_PER_S, 0, 0))
    second = usage.sample()
    assert second is not None
    assert second.cpu_percent == 150.0


def test_a_child_that_ended_keeps_its_time_in_its_parent(proc: Proc) -> None:
    usage = SessionUsage(7, clock=lambda: proc.now, proc=proc.folder)
    proc.put(7, session=7, ticks=(10, 0, 0, 0))
    proc.put(8, session=7, ticks=(TICKS_PER_S, 0, 0, 0))
    usage.sample()
    proc.now += 1.0
    proc.remove(8)
    proc.put(7, session=7, ticks=(10, 0, TICKS_PER_S, 0))
    sample = usage.sample()
    assert sample is not None
    assert sample.cpu_percent == 0.0


def test_nothing_is_said_of_a_session_that_is_over(proc: Proc) -> None:
    assert SessionUsage(7, proc=proc.folder).sample() is None
    assert SessionUsage(7, proc=proc.folder / "absent").sample() is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_a_real_session_is_found() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        usage = SessionUsage(process.pid)
        while (sample := usage.sample()) is None or sample.processes != 2:
            os.sched_yield()
        assert (sample.memory_bytes or 0) > 1_000_000
        assert process.stdin is not None
        process.stdin.close()
