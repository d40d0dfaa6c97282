"""One-time links: the way to the first admin, to a password, and into the platform from its terminal."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from azuraforge_contracts import AuditAction, LinkPurpose, LinkRead
from azuraforge_ledger.account_tables import sign_in_link, user
from azuraforge_ledger.audit import By, write_audit
from azuraforge_ledger.clock import DatabaseNow, to_datetime
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import AlreadySetUp, EntryMissing, LinkInvalid
from azuraforge_ledger.people import count_admins, lock_admins
from azuraforge_ledger.sessions import SignedIn, Visitor, open_session
from azuraforge_ledger.tokens import Issued, hash_token
from azuraforge_ledger.users import NewUser, end_sessions, get_user, insert_user

LINK_LIFETIME_S: Final[Mapping[LinkPurpose, int]] = {
    LinkPurpose.SETUP: 24 * 3600,
    LinkPurpose.SESSION: 15 * 60,
    LinkPurpose.INVITE: 7 * 24 * 3600,
    LinkPurpose.RESET: 24 * 3600,
}


@dataclass(frozen=True)
class Chosen:
    """What somebody chose with a link: a name for `setup`, a password for all but `session`."""

    name: str = ""
    password_hash: str | None = field(default=None, repr=False)


class _Link(NamedTuple):
    purpose: LinkPurpose
    user: str | None


class Links:
    """The links of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_setup(self, *, by: By) -> Issued:
        """A link that makes the first admin.

        Raises:
            AlreadySetUp: there is one.
        """
        with self._database.write() as connection:
            lock_admins(connection)
            if count_admins(connection):
                raise AlreadySetUp
            return _create(connection, LinkPurpose.SETUP, user_id=None, by=by)

    def create(self, purpose: LinkPurpose, *, user_id: str, by: By) -> Issued:
        """A link for a user.

        Raises:
            EntryMissing: there is no such user, or it is disabled.
        """
        with self._database.write() as connection:
            if get_user(connection, user_id).disabled_at is not None:
                raise EntryMissing("user")
            return _create(connection, purpose, user_id=user_id, by=by)

    def read(self, token: str) -> LinkRead:
        """What a link is for, without using it up.

        Raises:
            LinkInvalid: it was never made, was used or has expired.
        """
        query = select(sign_in_link, user.c.name).outerjoin(user, sign_in_link.c.user == user.c.id)
        with self._database.read() as connection:
            row = connection.execute(query.where(*_is_good(token))).one_or_none()
        if row is None:
            raise LinkInvalid
        return LinkRead(purpose=row.purpose, user=row.name or "", expires_at=to_datetime(row.expires_at))

    def redeem(self, token: str, chosen: Chosen, *, visitor: Visitor) -> SignedIn:
        """Use a link up: do what it is for, and sign the browser in.

        Raises:
            LinkInvalid: it was never made, was used or has expired, or its user is disabled.
            NameTaken: somebody has the name that was chosen for the first admin.
            ValueError: it needs a password that `chosen` does not have.
        """
        used = delete(sign_in_link).where(*_is_good(token)).returning(sign_in_link.c.purpose, sign_in_link.c.user)
        with self._database.write() as connection:
            lock_admins(connection)  # before the link's row: who becomes the first admin also deletes the other links
            row = connection.execute(used).one_or_none()
            if row is None:
                raise LinkInvalid
            try:
                return _redeem(connection, _Link(LinkPurpose(row.purpose), row.user), chosen, visitor=visitor)
            except EntryMissing as error:
                raise LinkInvalid from error


def _is_good(token: str) -> tuple[Any, ...]:
    return (sign_in_link.c.token_hash == hash_token(token), sign_in_link.c.expires_at > DatabaseNow())


def _create(connection: Connection, purpose: LinkPurpose, *, user_id: str | None, by: By) -> Issued:
    token = secrets.token_urlsafe(32)
    values = {
        "token_hash": hash_token(token),
        "purpose": purpose.value,
        "user": user_id,
        "expires_at": DatabaseNow() + LINK_LIFETIME_S[purpose] * 1000,
    }
    statement = insert(sign_in_link).values(values).returning(sign_in_link.c.expires_at)
    expires_at = connection.execute(statement).scalar_one()
    detail = {"purpose": purpose.value}
    write_audit(connection, by, AuditAction.LINK_CREATED, subject=user_id or "", detail=detail)
    return Issued(token, to_datetime(expires_at))


def _redeem(connection: Connection, link: _Link, chosen: Chosen, *, visitor: Visitor) -> SignedIn:
    purpose, ended = link.purpose, list[str]()
    if purpose is not LinkPurpose.SESSION and chosen.password_hash is None:
        raise ValueError(f"A link for {purpose} needs a password.")
    user_id = link.user or _make_first_admin(connection, chosen, visitor=visitor)
    if purpose in {LinkPurpose.INVITE, LinkPurpose.RESET}:
        ended = _put_password(connection, user_id, chosen, visitor=visitor)
    opened = open_session(connection, user_id, visitor=visitor, ended=ended)
    by = By(user_id, opened.person.name, visitor.address)
    write_audit(connection, by, AuditAction.SIGNED_IN, subject=user_id, detail={"way": f"link:{purpose}"})
    return opened


def _make_first_admin(connection: Connection, chosen: Chosen, *, visitor: Visitor) -> str:
    if count_admins(connection):
        raise LinkInvalid  # another link was quicker
    connection.execute(delete(sign_in_link).where(sign_in_link.c.purpose == LinkPurpose.SETUP.value))
    row = insert_user(connection, NewUser(chosen.name, is_admin=True, password_hash=chosen.password_hash))
    by = By(row.id, row.name, visitor.address)
    write_audit(connection, by, AuditAction.USER_CREATED, subject=row.id, detail={"is_admin": True})
    return str(row.id)


def _put_password(connection: Connection, user_id: str, chosen: Chosen, *, visitor: Visitor) -> list[str]:
    values = {"password_hash": chosen.password_hash, "password_at": DatabaseNow()}
    connection.execute(update(user).where(user.c.id == user_id).values(values))
    connection.execute(delete(sign_in_link).where(sign_in_link.c.user == user_id))
    name = get_user(connection, user_id).name
    write_audit(connection, By(user_id, name, visitor.address), AuditAction.PASSWORD_CHANGED, subject=user_id)
    return end_sessions(connection, user_id)
