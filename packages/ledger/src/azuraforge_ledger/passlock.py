"""The advisory lock of housekeeping: at most one pass at a time, over all processes. It dies with its holder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import text

from azuraforge_ledger.database import Database

_KEY: Final = 0x617A_6602


@contextmanager
def try_pass(database: Database) -> Iterator[bool]:
    """Whether the lock is ours until the block ends; never waits.

    SQLite has no advisory locks, and its processes share a machine: there it is a file lock beside the database.
    """
    with _try_postgres(database) if database.file is None else _try_file(database.file) as is_mine:
        yield is_mine


@contextmanager
def _try_file(database: Path) -> Iterator[bool]:
    with database.with_name(f"{database.name}-housekeeping").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def _try_postgres(database: Database) -> Iterator[bool]:
    # Held by the session, outside any transaction: a pass may talk to a slow broker.
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_mine = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}).scalar_one())
        try:
            yield is_mine
        finally:
            if is_mine:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _KEY})
