"""Notices a trainer that has been silent for too long; it is only reported, never killed for that."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from azuraforge_contracts import WarningCode, WarningRaised

SHORTEST_S: Final = 600.0
EPOCHS: Final = 10.0


class StuckWatch:
    """Silence is too long after ten minutes or ten median epochs, whichever is longer; said once per silence."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._seconds: deque[float] = deque(maxlen=101)
        self._is_said = False

    def heard(self) -> None:
        """The trainer said something."""
        self._last = self._clock()
        self._is_said = False

    def epoch_took(self, seconds: float) -> None:
        """An epoch is over."""
        self._seconds.append(seconds)

    def is_new(self) -> bool:
        """Whether the silence has just become too long."""
        if self._is_said or self._clock() - self._last <= self._limit_s():
            return False
        self._is_said = True
        return True

    def warning(self) -> WarningRaised:
        """What its owner is told."""
        minutes = round(self._limit_s() / 60)
        message = f"The trainer has said nothing for {minutes} minutes. It goes on; cancel it if it hangs."
        return WarningRaised(code=WarningCode.TRAINER_STUCK, message=message, params={"minutes": minutes})

    def _limit_s(self) -> float:
        return max(SHORTEST_S, EPOCHS * statistics.median(self._seconds)) if self._seconds else SHORTEST_S
