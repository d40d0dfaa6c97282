"""The limit of training time that a person gave an experiment, over all its attempts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from azuraforge_contracts import Failure, FailureCode


class TimeLimit:
    """Counts from the trainer's first sign of life. Without a limit it is never over."""

    def __init__(self, limit_s: float | None, *, used_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit_s = limit_s
        self._left_s = math.inf if limit_s is None else limit_s - used_s
        self._clock = clock
        self._began_at: float | None = None

    def begin(self) -> None:
        """The training has begun."""
        self._began_at = self._clock()

    def is_over(self) -> bool:
        """Whether the experiment has had its time."""
        spent_s = 0.0 if self._began_at is None else self._clock() - self._began_at
        return spent_s >= self._left_s

    def failure(self, *, last_epoch: int | None) -> Failure:
        """What its owner is told; `last_epoch` is that of the newest checkpoint."""
        limit_s = self.limit_s or 0.0
        message = f"The training reached its time limit of {_say(limit_s)}."
        if last_epoch is None:
            hint = "It left no checkpoint. Start it again with a longer limit, or with shorter epochs."
        else:
            hint = f"Its last checkpoint is of epoch {last_epoch}: go on from there with a longer limit."
        params = {"cause": "time_limit", "limit_s": limit_s}
        params |= {} if last_epoch is None else {"last_epoch": last_epoch}
        return Failure(code=FailureCode.TIMEOUT, message=message, hint=hint, params=params)


def _say(seconds: float) -> str:
    for size, word in ((3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds:.3g} seconds"
