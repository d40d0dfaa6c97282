"""The audit log: who did what to what, when and from where. It is only ever added to, and nothing secret is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, select, tuple_

from azuraforge_contracts import AuditAction, AuditEntry, AuditPage, new_id
from azuraforge_ledger.account_tables import audit
from azuraforge_ledger.clock import DatabaseNow, to_datetime
from azuraforge_ledger.database import Database
from azuraforge_ledger.paging import Position, read_cursor, write_cursor

OWNER_KEY: Final = "owner_key"
NOBODY: Final = "nobody"
MAX_PAGE: Final = 500
_MAX_ADDRESS: Final = 100

Detail = Mapping[str, Any]
"""What else there is to say, as JSON."""


@dataclass(frozen=True)
class By:
    """Who does something: the id of a user or a word for who has none, and the API key that was used."""

    actor: str
    name: str = ""
    address: str = ""
    key: str = ""


@dataclass(frozen=True)
class AuditFilter:
    """Which entries a page shows; empty shows all."""

    action: str | None = None
    actor: str | None = None
    subject: str | None = None
    project: str | None = None


class AuditLog:
    """The audit log of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        by: By,
        action: AuditAction,
        *,
        subject: str = "",
        project: str | None = None,
        detail: Detail | None = None,
    ) -> None:
        """Write one entry in a transaction of its own."""
        with self._database.write() as connection:
            write_audit(connection, by, action, subject=subject, project=project, detail=detail)

    def list_page(self, wanted: AuditFilter | None = None, *, cursor: str | None = None, limit: int = 100) -> AuditPage:
        """A page, newest first; `limit` is 1 to 500.

        Raises:
            CursorInvalid: `cursor` is not one that a page returned.
            ValueError: `limit` is out of range.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit is {limit}, expected 1 to {MAX_PAGE}.")
        found = {name: value for name, value in vars(wanted or AuditFilter()).items() if value is not None}
        query = select(audit).where(*(audit.c[name] == value for name, value in found.items()))
        if cursor is not None:
            query = query.where(tuple_(audit.c.at, audit.c.id) < tuple_(*read_cursor(cursor)))
        query = query.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit + 1)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        shown = rows[:limit]
        next_cursor = write_cursor(Position(shown[-1]["at"], shown[-1]["id"])) if len(rows) > limit else None
        return AuditPage(items=[_to_entry(dict(row)) for row in shown], next_cursor=next_cursor)


def write_audit(
    connection: Connection,
    by: By,
    action: AuditAction,
    *,
    subject: str = "",
    project: str | None = None,
    detail: Detail | None = None,
) -> None:
    """Write one entry in the transaction that does what it tells of."""
    said = dict(detail or {})
    if by.key:
        said["key"] = by.key
    row = {
        "id": new_id(),
        "at": DatabaseNow(),
        "actor": by.actor,
        "actor_name": by.name,
        "action": action.value,
        "subject": subject,
        "project": project,
        "address": by.address[:_MAX_ADDRESS],
        "detail": said,
    }
    connection.execute(insert(audit).values(row))


def _to_entry(row: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry.model_validate({**row, "at": to_datetime(row["at"])})
