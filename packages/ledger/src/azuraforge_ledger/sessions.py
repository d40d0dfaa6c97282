"""Signing in: a link that works once becomes a session. Tokens are never stored, only their sha256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, delete, insert, select

from azuraforge_contracts import new_id
from azuraforge_ledger.account_tables import session, sign_in_link, user
from azuraforge_ledger.clock import DatabaseNow, to_datetime
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import LinkInvalid
from azuraforge_ledger.people import Person, find_person

LINK_LIFETIME_S: Final = 15 * 60
SESSION_LIFETIME_S: Final = 30 * 24 * 3600
OWNER_ID: Final = "00000000-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Issued:
    """A token that its owner sees once; `repr` does not show it."""

    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Issued(token=…, expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True)
class Session:
    """A signed-in browser."""

    id: str
    person: Person
    created_at: datetime
    expires_at: datetime


class Sessions:
    """The links and sessions of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_link(self) -> Issued:
        """A token that signs one browser in, once, within 15 minutes."""
        token = secrets.token_urlsafe(32)
        values = {
            "token_hash": _hash(token),
            "purpose": "session",
            "expires_at": DatabaseNow() + LINK_LIFETIME_S * 1000,
        }
        statement = insert(sign_in_link).values(values).returning(sign_in_link.c.expires_at)
        with self._database.write() as connection:
            return Issued(token, to_datetime(connection.execute(statement).scalar_one()))

    def redeem_link(self, token: str) -> Issued:
        """Use a link up and open a session of 30 days.

        Raises:
            LinkInvalid: it was never made, was used or has expired.
        """
        used = delete(sign_in_link).where(
            sign_in_link.c.token_hash == _hash(token), sign_in_link.c.expires_at > DatabaseNow()
        )
        session_token = secrets.token_urlsafe(32)
        now = DatabaseNow()
        opened = insert(session).values(
            id=new_id(),
            token_hash=_hash(session_token),
            user=OWNER_ID,
            agent="",
            address="",
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFETIME_S * 1000,
        )
        with self._database.write() as connection:
            if connection.execute(used.returning(sign_in_link.c.token_hash)).first() is None:
                raise LinkInvalid
            _ensure_owner(connection)
            expires_at = connection.execute(opened.returning(session.c.expires_at)).scalar_one()
        return Issued(session_token, to_datetime(expires_at))

    def find_session(self, token: str) -> Session | None:
        """The open session of this token; None if there is none or it has expired."""
        query = select(session).where(session.c.token_hash == _hash(token), session.c.expires_at > DatabaseNow())
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            person = None if row is None else find_person(connection, row.user)
        if row is None or person is None:
            return None
        return Session(row.id, person, to_datetime(row.created_at), to_datetime(row.expires_at))

    def end_session(self, token: str) -> None:
        """Sign out. Ending a session that is not there is no error."""
        with self._database.write() as connection:
            connection.execute(delete(session).where(session.c.token_hash == _hash(token)))


def list_expiring() -> list[Table]:
    """The tables whose rows lose their meaning at `expires_at`."""
    return [sign_in_link, session]


def _ensure_owner(connection: Connection) -> None:
    if connection.execute(select(user.c.id).where(user.c.id == OWNER_ID)).first() is None:
        values = {"id": OWNER_ID, "name": "owner", "name_key": "owner", "is_admin": True, "created_at": DatabaseNow()}
        connection.execute(insert(user).values(values))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
