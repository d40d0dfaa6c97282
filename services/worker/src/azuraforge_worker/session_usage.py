"""What a trainer and every process of its session use, read from /proc; nothing where there is no /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from azuraforge_contracts import SystemUse

PROC: Final = Path("/proc")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class _Process(NamedTuple):
    session: int
    ticks: int
    """Of itself and of the children that it has waited for."""
    threads: int
    memory_bytes: int


class SessionUsage:
    """Samples one session; CPU is what was used since the sample before."""

    def __init__(self, session: int, *, clock: Callable[[], float] = time.monotonic, proc: Path = PROC) -> None:
        self._session = session
        self._clock = clock
        self._proc = proc
        self._ticks: int | None = None
        self._at = 0.0

    def sample(self) -> SystemUse | None:
        """What is used now; None when no process of the session is left, or none can be seen."""
        found = [one for one in self._processes() if one.session == self._session]
        if not found:
            return None
        now, ticks = self._clock(), sum(one.ticks for one in found)
        cpu_percent = None
        if self._ticks is not None and now > self._at:
            # A process that nobody waited for takes its ticks along; the sum may then seem to fall.
            cpu_percent = round(max(0, ticks - self._ticks) / TICKS_PER_S / (now - self._at) * 100, 1)
        self._ticks, self._at = ticks, now
        return SystemUse(
            cpu_percent=cpu_percent,
            memory_bytes=sum(one.memory_bytes for one in found),
            threads=sum(one.threads for one in found),
            processes=len(found),
        )

    def _processes(self) -> Iterator[_Process]:
        for folder in self._proc.glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_bytes()
            except OSError:
                continue  # it has just ended
            yield _parse(stat)


def _parse(stat: bytes) -> _Process:
    """Fields as proc(5) numbers them; the name, second and in parentheses, may hold anything."""
    fields = stat[stat.rindex(b")") + 2 :].split()

    def field(number: int) -> int:
        return int(fields[number - 3])

    ticks = sum(map(field, (14, 15, 16, 17)))
    return _Process(field(6), ticks=ticks, threads=field(20), memory_bytes=field(24) * PAGE_BYTES)
