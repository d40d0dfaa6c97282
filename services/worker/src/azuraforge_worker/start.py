"""Waits for what a worker needs; what does not come is one sentence with the remedy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from azuraforge_ledger import DatabaseUrlInvalid, Ledger, LedgerUnavailable, SchemaOutdated, SchemaTooNew, open_ledger
from azuraforge_worker.errors import StartRefused

LOOK_S: Final = 0.1


def open_current_ledger(url: str, *, deadline: float) -> Ledger:
    """The ledger, once it answers and its tables are this program's.

    Raises:
        StartRefused: it does not come before the monotonic `deadline`, or never will.
    """
    try:
        ledger = open_ledger(url)
    except DatabaseUrlInvalid as error:
        raise StartRefused(f"{error} AZURAFORGE_DATABASE_URL says where the ledger is.") from error

    def look() -> str:
        try:
            ledger.check_schema()
        except SchemaTooNew as error:
            raise StartRefused(f"{error} Update this worker.") from error
        except SchemaOutdated as error:
            return f"{error} Start the API, which brings the tables up to date."
        except LedgerUnavailable as error:
            return f"{error}"
        return ""

    _wait(look, deadline=deadline)
    return ledger


def wait_for_broker(redis: Redis, *, deadline: float) -> None:
    """Return once the broker answers.

    Raises:
        StartRefused: it does not before the monotonic `deadline`, or refuses the password.
    """

    def look() -> str:
        try:
            redis.ping()
        except AuthenticationError as error:
            raise StartRefused(f"The broker refuses this worker: {error}. Correct AZURAFORGE_REDIS_URL.") from error
        except (RedisError, OSError) as error:
            return f"The broker does not answer: {error}. Start it, or correct AZURAFORGE_REDIS_URL."
        return ""

    _wait(look, deadline=deadline)


def _wait(look: Callable[[], str], *, deadline: float) -> None:
    """Until `look` finds nothing to complain of."""
    while complaint := look():
        if time.monotonic() >= deadline:
            raise StartRefused(complaint)
        time.sleep(LOOK_S)
