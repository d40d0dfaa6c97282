"""Whoever acts, with what they may do: read at every request, so a lost role is lost at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from azuraforge_contracts import Role
from azuraforge_ledger.account_tables import member, user


@dataclass(frozen=True)
class Person:
    """A user who is not disabled; `roles` by project, for an admin of the platform only those given by name."""

    id: str
    name: str
    is_admin: bool
    roles: Mapping[str, Role] = field(default_factory=dict)


def find_person(connection: Connection, user_id: str) -> Person | None:
    """The user with this id; None if there is none or it is disabled."""
    columns = (user.c.id, user.c.name, user.c.is_admin)
    query = select(*columns).where(user.c.id == user_id, user.c.disabled_at.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    given = select(member.c.project, member.c.role).where(member.c.user == user_id)
    roles = {project: Role(role) for project, role in connection.execute(given)}
    return Person(row.id, row.name, row.is_admin, roles)
