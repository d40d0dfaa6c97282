"""Keeps one experiment's lease alive, on its own clock, and hears the orders that come with each renewal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from azuraforge_contracts.names import LEASE_S
from azuraforge_ledger import LedgerUnavailable, Orders

RETRY_S: Final = 0.5
CLOSE_S: Final = 1.0
SAFE_PART: Final = 5 / 6
"""How much of a lease is counted on: clocks differ, and a killed trainer takes a moment to die."""


class LeaseKeeper:
    """A thread that renews until it is closed. `is_cancelled`, `is_paused` and `is_lost` only ever become true.

    `renew` answers None when the fence is lost.
    """

    def __init__(
        self,
        renew: Callable[[], Orders | None],
        *,
        period_s: float,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin right after a claim; `lease_s` is what each renewal gives in the ledger."""
        self._renew = renew
        self._period_s = period_s
        self._safe_s = SAFE_PART * lease_s
        self._clock = clock
        self._renewed_at = clock()
        self._poke = threading.Event()
        self._is_closed = False
        self.is_cancelled = False
        self.is_paused = False
        self.is_lost = False
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    @property
    def is_fresh(self) -> bool:
        """Whether the lease cannot have ended yet, as far as this machine's own clock can tell."""
        return self._clock() - self._renewed_at < self._safe_s

    def poke(self) -> None:
        """Renew now: somebody has said that there is an order."""
        self._poke.set()

    def close(self) -> None:
        """Stop renewing; the lease itself is not given back, and a database that hangs is not waited for."""
        self._is_closed = True
        self._poke.set()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        wait_s = self._period_s
        while True:
            self._poke.wait(wait_s)
            self._poke.clear()
            if self._is_closed:
                return
            asked_at = self._clock()  # the ledger counts from when it answers: later than this
            try:
                orders = self._renew()
            except LedgerUnavailable:
                wait_s = min(RETRY_S, self._period_s)  # a lease that ends is not lost until somebody else claims
                continue
            wait_s = self._period_s
            if orders is None:
                self.is_lost = True
                return
            self._renewed_at = asked_at
            self.is_cancelled = self.is_cancelled or orders.is_cancel
            self.is_paused = self.is_paused or orders.is_pause
