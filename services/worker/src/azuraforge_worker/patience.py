"""Calls to the ledger that outlast a short absence of the database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from azuraforge_ledger import LedgerUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
FIRST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 1.0


def patiently(call: Callable[[], T], *, between: Callable[[float], None]) -> T:
    """The result of `call`, tried until the database answers; `between(wait_s)` waits, or raises to give up.

    A commit whose answer was lost is tried again too: the ledger's keys (one event per epoch, one row per checkpoint,
    the fence) make the repeat harmless.
    """
    wait_s = FIRST_WAIT_S
    tries = 0
    while True:
        try:
            return call()
        except LedgerUnavailable as error:
            if tries == 0:
                log.warning("the database is away, trying again: %s", error)
            tries += 1
            between(wait_s)
            wait_s = min(LONGEST_WAIT_S, 2.0 * wait_s)
