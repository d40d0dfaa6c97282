"""The worker with a lease of two seconds, so that a test need not wait half a minute for a dead one to be missed.

Everything else is the worker's own `main`. `LAB_FAULT` plants a fault that the chaos checks must find.
"""

from __future__ import annotations

import os
import sys

from sqlalchemy import true

from azuraforge_ledger import Orders, housekeeping, journal, leases
from azuraforge_worker.main import main

LEASE_S = 2
SECOND_LOOK_S = 0.5
TURN_S = 1


def shorten() -> None:
    """Shorten what the ledger keeps as constants."""
    leases.LEASE_S = LEASE_S
    housekeeping.SECOND_LOOK_S = SECOND_LOOK_S
    housekeeping.TURN_S = TURN_S


def plant(fault: str) -> None:
    """`no_fence`: any attempt may write, and no lease is ever lost."""
    if fault == "no_fence":
        journal.same_attempt = lambda _attempt: true()
        leases.Leases.renew = lambda *_, **__: Orders(is_cancel=False, is_pause=False)  # type: ignore[method-assign]


if __name__ == "__main__":
    shorten()
    plant(os.environ.get("LAB_FAULT", ""))
    sys.exit(main())
