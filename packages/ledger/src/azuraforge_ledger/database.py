"""One way to the database for both kinds: `read` and `write`, each a short transaction.

SQLite: WAL, and every writer says BEGIN IMMEDIATE, so that it queues for the lock at its start; a deferred
transaction that reads first and writes later is refused as soon as another one wrote in between. `synchronous` is
FULL: a commit is on disk when it returns, so that what was accepted, acknowledged or shown to a viewer survives a
power cut too; it costs one fsync per commit (benchmarks/ledger_append.py).
PostgreSQL: psycopg 3, READ COMMITTED, pool with pre-ping, and timeouts so that nothing waits for ever.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from azuraforge_ledger.errors import DatabaseUrlInvalid, LedgerUnavailable

BUSY_TIMEOUT_S: Final = 30
_WRITER: Final = "azuraforge_is_writer"
_POSTGRES_OPTIONS: Final = (
    "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
)

_POSTGRES_WATCH: Final = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server whose machine has gone without a word is missed within 11 s; TCP alone waits for a quarter of an hour."""


class Database:
    """An engine with two doors. Safe to share between threads, not between forked processes."""

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        self.file = _file_of(self.url)
        self.engine = _postgres_engine(self.url) if self.file is None else _sqlite_engine(self.url, self.file)
        self._writer = self.engine.execution_options(**{_WRITER: True})
        # SQLite lets one writer in; threads of this process wait here, in order, instead of polling the file's lock.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file, and not PostgreSQL."""
        return self.file is not None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            LedgerUnavailable: the database did not answer in time.
        """
        with _translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: all of it or, on any exception, nothing.

        Raises:
            LedgerUnavailable: the database did not answer in time.
        """
        with _translated(), self._turn, self._writer.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


UNAVAILABLE: Final = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    sqlite3.OperationalError,
    psycopg.OperationalError,
)
"""What a lost or blocked database raises; the drivers' own come from prepared statements."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except UNAVAILABLE as error:
        reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        raise LedgerUnavailable(
            f"The database did not answer: {reason.strip()}. Check that it runs and try again; nothing was written."
        ) from error


def _checked(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise DatabaseUrlInvalid("The database URL cannot be read. Use sqlite:///path or postgresql://…") from error
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise DatabaseUrlInvalid(f"The ledger does not speak {backend}. Use sqlite:///path or postgresql://…")
    if not url.database or url.database == ":memory:":
        raise DatabaseUrlInvalid("The ledger needs a file that processes can share. Use sqlite:///path.")
    return url


def _file_of(url: URL) -> Path | None:
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _sqlite_engine(url: URL, file: Path) -> Engine:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUrlInvalid(
            f"The folder {file.parent} cannot be made: {error.strerror}. Choose another."
        ) from error
    engine = create_engine(
        url, pool_size=10, max_overflow=30, pool_timeout=BUSY_TIMEOUT_S, connect_args={"timeout": BUSY_TIMEOUT_S}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and is deferred
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(_WRITER, False)
    cursor = connection.connection.cursor()  # a fifth of an append's time goes by if SQLAlchemy executes it
    cursor.execute("BEGIN IMMEDIATE" if is_writer else "BEGIN")
    cursor.close()


def _postgres_engine(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=30,
        pool_timeout=BUSY_TIMEOUT_S,
        connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 10, **_POSTGRES_WATCH},
    )
