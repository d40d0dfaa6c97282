"""Waiting for a quiet machine: a block starts when others rest and counts only if they rested throughout.

Paired ratios cancel a machine that is slow for both, not one that is busy during one block. On Linux the load of others
is what all processors did less what the candidate did; elsewhere there is no gate and every block counts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.process import Block

WINDOW_S = 0.25
QUIET_BEFORE, QUIET_DURING = 0.2, 0.25
"""How many cores others may use."""
ATTEMPTS = 3
TICKS_PER_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def busy_seconds(stat: Path = Path("/proc/stat")) -> float | None:
    """Processor seconds that all cores spent on anything since the machine started; None where it is not told."""
    if not stat.exists():
        return None
    fields = [int(text) for text in stat.read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    idle, waiting = fields[3], fields[4]
    return (sum(fields) - idle - waiting) / TICKS_PER_S


class Gate:
    """Runs blocks on a quiet machine, as long as its patience, counted over all its blocks, lasts."""

    def __init__(
        self,
        *,
        patience_s: float,
        read: Callable[[], float | None] = busy_seconds,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.patience_s = patience_s
        self._read, self._clock, self._sleep = read, clock, sleep

    def run(self, work: Callable[[], Block]) -> Block:
        """The first quiet block, or the last one, marked as not quiet."""
        for _ in range(ATTEMPTS):
            self._wait()
            began, before = self._clock(), self._read()
            block = work()
            after, seconds = self._read(), self._clock() - began
            if before is None or after is None:
                return block
            if (after - before - block.total_cpu) / seconds <= QUIET_DURING:
                return block
            self.patience_s -= seconds
            if self.patience_s <= 0:
                break
        return replace(block, is_quiet=False)

    def _wait(self) -> None:
        while self.patience_s > 0:
            before = self._read()
            if before is None:
                return
            self._sleep(WINDOW_S)
            after = self._read()
            if after is None or (after - before) / WINDOW_S <= QUIET_BEFORE:
                return
            self.patience_s -= WINDOW_S
