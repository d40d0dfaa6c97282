"""API keys: shown once, stored as sha256, never more than their owner may do."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, insert, or_, select, update

from azuraforge_contracts import AuditAction, KeyRead, Scope, is_id, new_id
from azuraforge_contracts.names import API_KEY_PREFIX
from azuraforge_ledger.account_tables import api_key, user
from azuraforge_ledger.audit import By, write_audit
from azuraforge_ledger.clock import DatabaseNow, find_datetime, to_datetime
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import EntryMissing
from azuraforge_ledger.people import Finder, Person, find_people, find_person
from azuraforge_ledger.sessions import SEEN_PERIOD_S
from azuraforge_ledger.tokens import hash_token
from azuraforge_ledger.users import require_project

SHOWN_CHARACTERS: Final = 12
"""How much of a key is kept readable: its prefix and eight of its 43 random characters."""


@dataclass(frozen=True)
class NewKey:
    """A key to be made. `not_after` bounds its life where another key makes it."""

    user: str
    name: str
    scopes: Collection[Scope]
    project: str | None = None
    lifetime_s: int | None = None
    not_after: datetime | None = None


@dataclass(frozen=True)
class KeyHolder:
    """Whoever used a good key."""

    id: str
    person: Person
    scopes: frozenset[Scope]
    project: str | None
    expires_at: datetime | None


class Keys:
    """The API keys of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        names = ("id", "scopes", "project", "expires_at", "used_at")
        good = and_(api_key.c.key_hash == bindparam("key_hash"), *_is_live())
        columns = (*(api_key.c[name] for name in names), DatabaseNow())
        self._finder = Finder(api_key, columns, good=good, dialect=database.engine.dialect)

    def create(self, new: NewKey, *, by: By) -> tuple[str, KeyRead]:
        """The key itself, which is not kept, and what is kept of it.

        Raises:
            EntryMissing: the user is not there or disabled, or the project is not there.
        """
        key = API_KEY_PREFIX + secrets.token_urlsafe(32)
        now = DatabaseNow()
        values = {
            "id": new_id(),
            "user": new.user,
            "name": new.name,
            "prefix": key[:SHOWN_CHARACTERS],
            "key_hash": hash_token(key),
            "scopes": sorted(scope.value for scope in set(new.scopes)),
            "project": new.project,
            "created_at": now,
            "expires_at": _expiry(new),
        }
        with self._database.write() as connection:
            person = find_person(connection, new.user)
            if person is None:
                raise EntryMissing("user")
            if new.project is not None:
                require_project(connection, new.project)
            row = connection.execute(insert(api_key).values(values).returning(api_key)).one()
            detail = {"scopes": row.scopes, "user": new.user}
            write_audit(connection, by, AuditAction.KEY_CREATED, subject=row.id, project=new.project, detail=detail)
        return key, _to_key(row, user_name=person.name)

    def find(self, key: str) -> KeyHolder | None:
        """Who this key stands for; None if it is unknown, revoked, expired or its owner is disabled."""
        with self._database.read() as connection:
            found = self._finder.find(connection, {"key_hash": hash_token(key)})
        if found is None:
            return None
        person, (key_id, scopes, project, expires_at, used_at, now) = found
        if used_at is None or now - used_at >= SEEN_PERIOD_S * 1000:
            self._touch(key_id)
        held = frozenset(Scope(scope) for scope in json.loads(scopes))
        return KeyHolder(key_id, person, held, project, find_datetime(expires_at))

    def list_for(self, user_id: str | None) -> list[KeyRead]:
        """The keys of a user (of everybody without one) that were not revoked, newest first."""
        query = select(api_key, user.c.name.label("user_name")).join(user, api_key.c.user == user.c.id)
        query = query.where(api_key.c.revoked_at.is_(None))
        if user_id is not None:
            query = query.where(api_key.c.user == user_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(api_key.c.created_at.desc(), api_key.c.id.desc())).all()
        return [_to_key(row, user_name=row.user_name) for row in rows]

    def list_live(self, key_ids: Collection[str]) -> dict[str, Person]:
        """Those of these keys that would be let in now, each with what its owner may do."""
        query = select(api_key.c.id, api_key.c.user).where(api_key.c.id.in_(sorted(set(key_ids))), *_is_live())
        with self._database.read() as connection:
            owners = {row.id: row.user for row in connection.execute(query)}
            people = find_people(connection, owners.values())
        return {key: people[owner] for key, owner in owners.items() if owner in people}

    def revoke(self, key_id: str, *, user_id: str | None, by: By) -> None:
        """End a key for good; `user_id` is None for whoever may revoke everybody's.

        Raises:
            EntryMissing: there is no such key, or it is another user's.
        """
        mine = [api_key.c.id == key_id, api_key.c.revoked_at.is_(None)]
        if user_id is not None:
            mine.append(api_key.c.user == user_id)
        gone = update(api_key).where(*mine).values(revoked_at=DatabaseNow()).returning(api_key.c.project)
        with self._database.write() as connection:
            row = connection.execute(gone).one_or_none() if is_id(key_id) else None
            if row is None:
                raise EntryMissing("API key")
            write_audit(connection, by, AuditAction.KEY_REVOKED, subject=key_id, project=row.project)

    def _touch(self, key_id: str) -> None:
        unseen = or_(api_key.c.used_at.is_(None), api_key.c.used_at <= DatabaseNow() - SEEN_PERIOD_S * 1000)
        with self._database.write() as connection:
            connection.execute(update(api_key).where(api_key.c.id == key_id, unseen).values(used_at=DatabaseNow()))


def _is_live() -> tuple[ColumnElement[bool], ...]:
    unexpired = or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > DatabaseNow())
    return (api_key.c.revoked_at.is_(None), unexpired)


def _expiry(new: NewKey) -> Any:
    own = None if new.lifetime_s is None else DatabaseNow() + new.lifetime_s * 1000
    if new.not_after is None:
        return own
    bound = round(new.not_after.timestamp() * 1000)
    return bound if own is None else case((own < bound, own), else_=bound)


def _to_key(row: Row[Any], *, user_name: str) -> KeyRead:
    return KeyRead(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=row.scopes,
        project=row.project,
        user=row.user,
        user_name=user_name,
        created_at=to_datetime(row.created_at),
        expires_at=find_datetime(row.expires_at),
        used_at=find_datetime(row.used_at),
    )
