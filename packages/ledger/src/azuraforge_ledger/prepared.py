"""Statements of the hot path, compiled once.

SQLAlchemy's own execution costs a few hundred microseconds per statement, most of an append (profiled with
benchmarks/ledger_append.py). A prepared statement is still written in SQLAlchemy's language and still runs in the
connection and transaction that `Database` opened; only its text is made once, and its values are the driver's own
(JSON already as text).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql.elements import ClauseElement

Values = Mapping[str, object]


class Prepared:
    """One statement for one dialect; its parameters are named by `bindparam`."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        if not isinstance(statement, ClauseElement):
            raise TypeError(f"{statement!r} cannot be compiled.")
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self._text = str(compiled)
        self._fixed: dict[str, Any] = dict(compiled.params)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def find_one(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """Run it and return its first row, if any."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, self._bind(values))
            row: tuple[Any, ...] | None = cursor.fetchone()
        finally:
            cursor.close()
        return row

    def find_all(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Run it and return its rows."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, self._bind(values))
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def run_many(self, connection: Connection, values: Sequence[Values]) -> None:
        """Run it once for each of `values`."""
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(self._text, [self._bind(one) for one in values])
        finally:
            cursor.close()

    def _bind(self, values: Values) -> Any:
        bound = self._fixed | dict(values)
        return bound if self._order is None else [bound[name] for name in self._order]
