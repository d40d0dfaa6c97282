"""Whoever acts, with what they may do: read at every request, so a lost role is lost at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Dialect, Table, func, select, text

from azuraforge_contracts import Role
from azuraforge_ledger.account_tables import member, user
from azuraforge_ledger.errors import LastAdmin
from azuraforge_ledger.prepared import Prepared

_ADMIN_LOCK: Final = 0x617A_6603


@dataclass(frozen=True)
class Person:
    """A user who is not disabled; `roles` by project, for an admin of the platform only those given by name."""

    id: str
    name: str
    is_admin: bool
    roles: Mapping[str, Role] = field(default_factory=dict)


class Finder:
    """Finds who holds a session or a key, in one prepared statement: it runs before every answer.

    `columns` are those of `table` that the caller wants beside the person.
    """

    def __init__(
        self, table: Table, columns: Sequence[ColumnElement[Any]], *, good: ColumnElement[bool], dialect: Dialect
    ) -> None:
        owner = (user.c.id, user.c.name, user.c.is_admin, member.c.project, member.c.role)
        joined = table.join(user, table.c.user == user.c.id).outerjoin(member, member.c.user == user.c.id)
        query = select(*owner, *columns).select_from(joined).where(good, user.c.disabled_at.is_(None))
        self._query = Prepared(query, dialect)

    def find(self, connection: Connection, values: Mapping[str, object]) -> tuple[Person, tuple[Any, ...]] | None:
        """The person and the wanted columns, as the driver gives them; None if nothing is good."""
        rows = self._query.find_all(connection, values)
        if not rows:
            return None
        user_id, name, is_admin = rows[0][:3]
        roles = {row[3]: Role(row[4]) for row in rows if row[3] is not None}
        return Person(user_id, json.loads(name), bool(is_admin), roles), rows[0][5:]


def find_person(connection: Connection, user_id: str) -> Person | None:
    """The user with this id; None if there is none or it is disabled."""
    return find_people(connection, [user_id]).get(user_id)


def find_people(connection: Connection, user_ids: Collection[str]) -> dict[str, Person]:
    """Those of these users who are there and not disabled, by id."""
    wanted = sorted(set(user_ids))
    roles: dict[str, dict[str, Role]] = defaultdict(dict)
    for row in connection.execute(select(member).where(member.c.user.in_(wanted))):
        roles[row.user][row.project] = Role(row.role)
    columns = (user.c.id, user.c.name, user.c.is_admin)
    query = select(*columns).where(user.c.id.in_(wanted), user.c.disabled_at.is_(None))
    return {row.id: Person(row.id, row.name, row.is_admin, roles[row.id]) for row in connection.execute(query)}


def lock_admins(connection: Connection) -> None:
    """Hold back whoever else makes, demotes or disables an admin until this transaction ends."""
    if connection.dialect.name == "postgresql":  # SQLite's writer already holds the whole file
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADMIN_LOCK})


def count_admins(connection: Connection) -> int:
    """How many admins there are who are not disabled."""
    query = select(func.count()).select_from(user).where(user.c.is_admin, user.c.disabled_at.is_(None))
    return connection.execute(query).scalar_one()


def require_another_admin(connection: Connection, user_id: str) -> None:
    """Return if somebody else can manage the platform: an admin with a password who is not disabled.

    Raises:
        LastAdmin: nobody else can.
    """
    able = (user.c.is_admin, user.c.disabled_at.is_(None), user.c.password_hash.is_not(None), user.c.id != user_id)
    if connection.execute(select(user.c.id).where(*able).limit(1)).first() is None:
        raise LastAdmin
