"""How fast a trainer is listened to: lines that wait for no acknowledgement are read at a bounded pace.

A trainer that keeps to the protocol merges its batch lines and never notices; one that floods fills its own pipe and
waits there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

LINES_PER_S: Final = 50
LONGEST_REST_S: Final = 0.2
"""Orders and deadlines are looked at between two rests."""


class LinePace:
    """Counts lines per second and says how long to rest before the next read."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._window = clock()
        self._count = 0

    def heard(self) -> None:
        """One more line that waits for no acknowledgement."""
        self._count += 1

    def rest_s(self) -> float:
        """Seconds to rest: 0 while the pace is kept."""
        now = self._clock()
        if now - self._window >= 1.0:
            self._window, self._count = now, 0
        return LONGEST_REST_S if self._count > LINES_PER_S else 0.0
