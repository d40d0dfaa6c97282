"""The database's clock: the only one the ledger reads, so that no two machines disagree about a lease.

Instants are stored as whole milliseconds since 1970-01-01 UTC: comparison and arithmetic are then the same
on SQLite and PostgreSQL.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DatabaseNow(FunctionElement[int]):
    """SQL: the database's current time in milliseconds; on PostgreSQL the statement's time, not the transaction's."""

    type = BigInteger()
    inherit_cache = True
    name = "database_now"


@compiles(DatabaseNow, "sqlite")
def _now_sqlite(_element: DatabaseNow, _compiler: object, **_options: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(DatabaseNow, "postgresql")
def _now_postgresql(_element: DatabaseNow, _compiler: object, **_options: Any) -> str:
    # A transaction may have waited for a row lock since it began: a lease must not start in that past.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


def read_clock(connection: Connection) -> int:
    """The database's time in milliseconds."""
    return connection.execute(select(DatabaseNow())).scalar_one()


def to_datetime(instant: int) -> datetime:
    """A stored instant as an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=instant)


def find_datetime(instant: int | None) -> datetime | None:
    """The same for a column that may be empty."""
    return None if instant is None else to_datetime(instant)
