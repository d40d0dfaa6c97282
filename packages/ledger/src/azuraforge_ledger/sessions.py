"""Browsers that are signed in. Tokens are never stored, only their sha256."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from azuraforge_contracts import AuditAction, SessionEntry, is_id, new_id
from azuraforge_ledger.account_tables import session, sign_in_link, user
from azuraforge_ledger.audit import By, write_audit
from azuraforge_ledger.clock import DatabaseNow, to_datetime
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import EntryMissing, PasswordStale
from azuraforge_ledger.people import Finder, Person, find_people, find_person
from azuraforge_ledger.tokens import hash_token
from azuraforge_ledger.users import end_sessions

SESSION_LIFETIME_S: Final = 30 * 24 * 3600
SEEN_PERIOD_S: Final = 60
"""How exactly it is known when a session or a key was last used: a write per request would cost more than it tells."""
_MAX_AGENT: Final = 300
_MAX_ADDRESS: Final = 100


@dataclass(frozen=True)
class Visitor:
    """Where a session was opened: what the browser calls itself, and its address."""

    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class SignedIn:
    """A session that has just begun; `token` is seen once. `ended` names the sessions that ended with it."""

    id: str
    token: str = field(repr=False)
    expires_at: datetime
    person: Person
    ended: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """A signed-in browser."""

    id: str
    person: Person
    created_at: datetime
    expires_at: datetime


class Sessions:
    """The sessions of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        columns = (session.c.id, session.c.created_at, session.c.expires_at, session.c.seen_at, DatabaseNow())
        good = and_(session.c.token_hash == bindparam("token_hash"), session.c.expires_at > DatabaseNow())
        self._finder = Finder(session, columns, good=good, dialect=database.engine.dialect)

    def open(self, user_id: str, *, verified: str, new_hash: str | None = None, visitor: Visitor) -> SignedIn:
        """Begin a session of 30 days for somebody whose password was `verified` against this hash.

        `new_hash` replaces it where it was made with older parameters.

        Raises:
            PasswordStale: the password was changed meanwhile, or the user disabled.
        """
        same = (user.c.id == user_id, user.c.password_hash == verified, user.c.disabled_at.is_(None))
        with self._database.write() as connection:
            if connection.execute(select(user.c.id).where(*same)).one_or_none() is None:
                raise PasswordStale
            if new_hash is not None:
                connection.execute(update(user).where(*same).values(password_hash=new_hash))
            opened = open_session(connection, user_id, visitor=visitor)
            by = By(user_id, opened.person.name, visitor.address)
            write_audit(connection, by, AuditAction.SIGNED_IN, subject=user_id, detail={"way": "password"})
            return opened

    def find_session(self, token: str) -> Session | None:
        """The open session of this token; None if there is none, it has expired or its user is disabled."""
        with self._database.read() as connection:
            found = self._finder.find(connection, {"token_hash": hash_token(token)})
        if found is None:
            return None
        person, (session_id, created_at, expires_at, seen_at, now) = found
        if now - seen_at >= SEEN_PERIOD_S * 1000:
            self._touch(session_id)
        return Session(session_id, person, to_datetime(created_at), to_datetime(expires_at))

    def list_for(self, user_id: str, *, current: str = "") -> list[SessionEntry]:
        """The open sessions of a user, the one used last first."""
        query = select(session).where(session.c.user == user_id, session.c.expires_at > DatabaseNow())
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(session.c.seen_at.desc(), session.c.id)).all()
        return [
            SessionEntry(
                id=row.id,
                agent=row.agent,
                address=row.address,
                created_at=to_datetime(row.created_at),
                seen_at=to_datetime(row.seen_at),
                expires_at=to_datetime(row.expires_at),
                is_current=row.id == current,
            )
            for row in rows
        ]

    def list_live(self, session_ids: Collection[str]) -> dict[str, Person]:
        """Those of these sessions that would be let in now, each with what its user may do."""
        wanted = sorted(set(session_ids))
        query = select(session.c.id, session.c.user).where(
            session.c.id.in_(wanted), session.c.expires_at > DatabaseNow()
        )
        with self._database.read() as connection:
            users = {row.id: row.user for row in connection.execute(query)}
            people = find_people(connection, users.values())
        return {one: people[owner] for one, owner in users.items() if owner in people}

    def end_session(self, token: str, *, by: By) -> str | None:
        """Sign out; the id of the session that ended, None if there was none."""
        gone = delete(session).where(session.c.token_hash == hash_token(token)).returning(session.c.id, session.c.user)
        with self._database.write() as connection:
            row = connection.execute(gone).one_or_none()
            if row is None:
                return None
            write_audit(connection, by, AuditAction.SIGNED_OUT, subject=row.user)
            return str(row.id)

    def end_one(self, session_id: str, *, user_id: str, by: By) -> None:
        """End one session of a user.

        Raises:
            EntryMissing: the user has no such session.
        """
        gone = delete(session).where(session.c.id == session_id, session.c.user == user_id).returning(session.c.id)
        with self._database.write() as connection:
            if not is_id(session_id) or connection.execute(gone).one_or_none() is None:
                raise EntryMissing("session")
            write_audit(connection, by, AuditAction.SESSION_ENDED, subject=user_id, detail={"session": session_id})

    def end_others(self, user_id: str, *, keep: str, by: By) -> list[str]:
        """End every session of a user but one; the ids of those that ended."""
        with self._database.write() as connection:
            ended = end_sessions(connection, user_id, keep=keep)
            if ended:
                write_audit(connection, by, AuditAction.SESSION_ENDED, subject=user_id, detail={"count": len(ended)})
            return ended

    def _touch(self, session_id: str) -> None:
        """Two requests at the same time write once: the second finds it done."""
        stale = session.c.seen_at <= DatabaseNow() - SEEN_PERIOD_S * 1000
        seen = update(session).where(session.c.id == session_id, stale).values(seen_at=DatabaseNow())
        with self._database.write() as connection:
            connection.execute(seen)


def list_expiring() -> list[Table]:
    """The tables whose rows lose their meaning at `expires_at`."""
    return [sign_in_link, session]


def open_session(connection: Connection, user_id: str, *, visitor: Visitor, ended: Collection[str] = ()) -> SignedIn:
    """Begin a session of a user who is there and not disabled.

    Raises:
        EntryMissing: there is no such user any more.
    """
    person = find_person(connection, user_id)
    if person is None:
        raise EntryMissing("user")
    token, session_id, now = secrets.token_urlsafe(32), new_id(), DatabaseNow()
    values = {
        "id": session_id,
        "token_hash": hash_token(token),
        "user": user_id,
        "agent": visitor.agent[:_MAX_AGENT],
        "address": visitor.address[:_MAX_ADDRESS],
        "created_at": now,
        "seen_at": now,
        "expires_at": now + SESSION_LIFETIME_S * 1000,
    }
    expires_at = connection.execute(insert(session).values(values).returning(session.c.expires_at)).scalar_one()
    return SignedIn(session_id, token, to_datetime(expires_at), person, tuple(ended))
