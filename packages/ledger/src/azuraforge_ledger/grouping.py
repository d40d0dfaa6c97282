"""Several threads' appends in one SQLite transaction (group commit).

SQLite lets one writer in, and a durable commit costs an fsync. Threads that wait for their turn leave their work in a
queue; whoever gets the turn does everything that waits and commits once. Each work is a savepoint, so one that is
refused takes nothing of the others with it, and nobody returns before the commit is on disk.
PostgreSQL lets writers in side by side and groups their commits itself; there every work is its own transaction.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection

from azuraforge_ledger.database import UNAVAILABLE, Database
from azuraforge_ledger.errors import LedgerUnavailable

LARGEST: Final = 64
T = TypeVar("T")


class CommitGroup:
    """The queue of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Work[Any]] = deque()
        self._turn = threading.Lock()

    def run(self, do: Callable[[Connection], T]) -> T:
        """Do it in a transaction and return its result once that is committed.

        Raises:
            LedgerUnavailable: the database did not answer in time; nothing was written.
            Exception: whatever `do` raises; what it wrote is undone.
        """
        if not self._database.is_sqlite:
            with self._database.write() as connection:
                return do(connection)
        work = _Work(do)
        self._waiting.append(work)
        with self._turn:
            while not work.is_over:
                self._commit([self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))])
        return work.outcome()

    def _commit(self, works: list[_Work[Any]]) -> None:
        try:
            with self._database.write() as connection:
                for work in works:
                    work.run(connection)
        except LedgerUnavailable as error:
            for work in works:
                work.error = LedgerUnavailable(*error.args)
        except BaseException:
            for work in works:  # the thread that had the turn was interrupted: its guests were not served
                work.error = LedgerUnavailable("The write was interrupted. Nothing was written; try again.")
            raise
        finally:
            for work in works:
                work.is_over = True


class _Work(Generic[T]):
    def __init__(self, do: Callable[[Connection], T]) -> None:
        self._do = do
        self._result: list[T] = []
        self.error: Exception | None = None
        self.is_over = False

    def run(self, connection: Connection) -> None:
        cursor = connection.connection.cursor()
        cursor.execute("SAVEPOINT work")
        try:
            self._result.append(self._do(connection))
        except (LedgerUnavailable, *UNAVAILABLE):
            raise  # the transaction itself is lost, for everyone in it
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for the thread that gave the work
            self.error = error
            cursor.execute("ROLLBACK TO work")
        cursor.execute("RELEASE work")

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self._result[0]
