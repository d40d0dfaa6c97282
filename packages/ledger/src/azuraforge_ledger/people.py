"""Whoever acts, with what they may do: read at every request, so a lost role is lost at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, func, select, text

from azuraforge_contracts import Role
from azuraforge_ledger.account_tables import member, user
from azuraforge_ledger.errors import LastAdmin

_ADMIN_LOCK: Final = 0x617A_6603


@dataclass(frozen=True)
class Person:
    """A user who is not disabled; `roles` by project, for an admin of the platform only those given by name."""

    id: str
    name: str
    is_admin: bool
    roles: Mapping[str, Role] = field(default_factory=dict)


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
