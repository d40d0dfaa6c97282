"""Losses added up where they are computed, and read all at once.

To read a number from a GPU the host must wait until everything before it is computed; a step that does so leaves the
device idle while the next one is prepared. So a training adds on the device and reads every so many steps.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from azuraforge_core import Array, Device, device_of, to_host
from azuraforge_core.backend.select import backend_for


class Reading(NamedTuple):
    """What was known when the losses were last read."""

    loss_sum: float
    """Of the epoch's batches, each times its samples."""
    batch_loss: float
    """Of the last batch."""
    bad_batch: int
    """The epoch's first batch whose loss was NaN or infinite; 0 where there was none."""
    parameter_sum: float
    """Finite only if every parameter is, up to overflow."""


NOTHING = Reading(0.0, float("nan"), 0, 0.0)


class LossMeter:
    """The losses of one epoch."""

    def __init__(self) -> None:
        self.start(0.0)

    def start(self, loss_sum: float) -> None:
        """Begin an epoch, or go on with one whose first batches lost `loss_sum`."""
        # Numbers on the host, arrays without axes on a device: arithmetic is the same.
        self._sum: Any = loss_sum
        self._last: Any = math.nan
        self._bad: Any = 0

    def add(self, loss: Array, *, samples: int, batch: int) -> None:
        """Take in a batch's mean loss, a float64 without axes; nobody waits for it."""
        if device_of(loss) is Device.CPU:  # there is nobody to wait for, and five calls of NumPy are not free
            value = loss.item()
            self._bad = self._bad or (0 if math.isfinite(value) else batch)
            self._sum, self._last = value * samples + self._sum, value
            return
        xp = backend_for(loss).xp
        self._sum = loss * samples + self._sum
        self._bad = xp.where(xp.isfinite(loss) | (xp.asarray(self._bad) != 0), self._bad, batch)
        self._last = loss

    def read(self, values: Array) -> Reading:
        """Everything so far, and the sum of `values`, the parameters, in one copy to the host."""
        if device_of(values) is Device.CPU:
            return Reading(self._sum, self._last, self._bad, float(np.sum(values)))
        xp = backend_for(values).xp
        numbers = [xp.asarray(n, dtype="float64") for n in (self._sum, self._last, self._bad, xp.sum(values))]
        loss_sum, last, bad, total = to_host(xp.stack(numbers)).tolist()
        return Reading(loss_sum, last, int(bad), total)
