"""Users: made, changed, disabled, and the hashes of their passwords. They are never deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from azuraforge_contracts import AuditAction, Role, UserRead, is_id, new_id
from azuraforge_ledger.account_tables import member, project, session, sign_in_link, user
from azuraforge_ledger.audit import By, write_audit
from azuraforge_ledger.clock import DatabaseNow, find_datetime, to_datetime
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import EntryMissing, NameTaken, PasswordStale
from azuraforge_ledger.people import count_admins, lock_admins, require_another_admin
from azuraforge_ledger.rows import fold


@dataclass(frozen=True)
class NewUser:
    """A user to be made; `roles` by project."""

    name: str
    is_admin: bool = False
    password_hash: str | None = field(default=None, repr=False)
    roles: Mapping[str, Role] = field(default_factory=dict)


@dataclass(frozen=True)
class Credentials:
    """What a password is compared with; `password_hash` is None where none was chosen yet."""

    id: str
    name: str
    password_hash: str | None = field(repr=False)
    is_disabled: bool


@dataclass(frozen=True)
class UserEdit:
    """What changes; None leaves it."""

    name: str | None = None
    is_admin: bool | None = None
    is_disabled: bool | None = None


class Users:
    """The users of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_admin(self) -> bool:
        """Whether the platform has an admin who is not disabled."""
        with self._database.read() as connection:
            return count_admins(connection) > 0

    def list_all(self) -> list[UserRead]:
        """Every user, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(user).order_by(user.c.name_key)).all()
        return [to_user(row) for row in rows]

    def get(self, user_id: str) -> UserRead:
        """One user.

        Raises:
            EntryMissing: there is none.
        """
        with self._database.read() as connection:
            return to_user(get_user(connection, user_id))

    def find(self, name: str) -> UserRead | None:
        """The user of this name, however it is written."""
        with self._database.read() as connection:
            row = connection.execute(select(user).where(user.c.name_key == name_key(name))).one_or_none()
        return None if row is None else to_user(row)

    def find_first_admin(self) -> UserRead | None:
        """The admin who has been there for longest and is not disabled."""
        query = select(user).where(user.c.is_admin, user.c.disabled_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query.order_by(user.c.created_at, user.c.id).limit(1)).one_or_none()
        return None if row is None else to_user(row)

    def find_credentials(self, name: str) -> Credentials | None:
        """What a sign-in with this name is compared with."""
        return self._find_credentials(user.c.name_key == name_key(name))

    def find_credentials_of(self, user_id: str) -> Credentials | None:
        """The same by id."""
        return self._find_credentials(user.c.id == user_id)

    def create(self, new: NewUser, *, by: By) -> UserRead:
        """Make a user.

        Raises:
            NameTaken: somebody has this name already.
            EntryMissing: a project of `roles` is not there.
        """
        with self._database.write() as connection:
            if new.is_admin:
                lock_admins(connection)
            row = insert_user(connection, new)
            for project_id, role in new.roles.items():
                require_project(connection, project_id)
                connection.execute(insert(member).values(project=project_id, user=row.id, role=role))
            roles: dict[str, Any] = {key: role.value for key, role in new.roles.items()}
            detail: dict[str, Any] = {"is_admin": new.is_admin, "roles": roles}
            write_audit(connection, by, AuditAction.USER_CREATED, subject=row.id, detail=detail)
            return to_user(row)

    def change(self, user_id: str, edit: UserEdit, *, by: By) -> tuple[UserRead, list[str]]:
        """Rename, promote, demote, disable or enable; the second value names the sessions that ended.

        Raises:
            EntryMissing: there is no such user.
            NameTaken: somebody else has this name.
            LastAdmin: nobody else could manage the platform.
        """
        with self._database.write() as connection:
            lock_admins(connection)
            row = get_user(connection, user_id)
            values = _changed(row, edit)
            if values.get("is_admin") is False or (row.is_admin and values.get("disabled_at") is not None):
                require_another_admin(connection, user_id)
            if values:
                with free_name("user"):
                    connection.execute(update(user).where(user.c.id == user_id).values(values))
                said: dict[str, Any] = {k: v for k, v in vars(edit).items() if v is not None}
                write_audit(connection, by, AuditAction.USER_CHANGED, subject=user_id, detail=said)
            ended: list[str] = []
            if values.get("disabled_at") is not None:
                ended = end_sessions(connection, user_id)
                connection.execute(delete(sign_in_link).where(sign_in_link.c.user == user_id))
            return to_user(get_user(connection, user_id)), ended

    def change_password(self, user_id: str, *, verified: str, new_hash: str, keep: str, by: By) -> list[str]:
        """Replace the hash that was `verified`; every session but `keep` ends, and their ids are returned.

        Raises:
            PasswordStale: the password was changed meanwhile.
        """
        same = (user.c.id == user_id, user.c.password_hash == verified, user.c.disabled_at.is_(None))
        with self._database.write() as connection:
            put = update(user).where(*same).values(password_hash=new_hash, password_at=DatabaseNow())
            if connection.execute(put.returning(user.c.id)).one_or_none() is None:
                raise PasswordStale
            write_audit(connection, by, AuditAction.PASSWORD_CHANGED, subject=user_id)
            connection.execute(delete(sign_in_link).where(sign_in_link.c.user == user_id))
            return end_sessions(connection, user_id, keep=keep)

    def _find_credentials(self, condition: Any) -> Credentials | None:
        with self._database.read() as connection:
            row = connection.execute(select(user).where(condition)).one_or_none()
        if row is None:
            return None
        return Credentials(row.id, row.name, row.password_hash, row.disabled_at is not None)


def name_key(name: str) -> str:
    """What two names have in common that are one name: case and accents make no difference."""
    return fold(name)


def insert_user(connection: Connection, new: NewUser) -> Row[Any]:
    """The row of a new user.

    Raises:
        NameTaken: somebody has this name already.
    """
    now = DatabaseNow()
    values = {
        "id": new_id(),
        "name": new.name,
        "name_key": name_key(new.name),
        "password_hash": new.password_hash,
        "is_admin": new.is_admin,
        "created_at": now,
        "password_at": None if new.password_hash is None else now,
    }
    with free_name("user"):
        return connection.execute(insert(user).values(values).returning(user)).one()


def get_user(connection: Connection, user_id: str) -> Row[Any]:
    """The row of a user, locked where the database locks rows.

    Raises:
        EntryMissing: there is none.
    """
    row = connection.execute(select(user).where(user.c.id == user_id)).one_or_none() if is_id(user_id) else None
    if row is None:
        raise EntryMissing("user")
    return row


def require_project(connection: Connection, project_id: str) -> Row[Any]:
    """The row of a project.

    Raises:
        EntryMissing: there is none.
    """
    row = None
    if is_id(project_id):
        row = connection.execute(select(project).where(project.c.id == project_id)).one_or_none()
    if row is None:
        raise EntryMissing("project")
    return row


def end_sessions(connection: Connection, user_id: str, *, keep: str = "") -> list[str]:
    """End every session of a user but `keep`; the ids of those that ended."""
    ended = delete(session).where(session.c.user == user_id, session.c.id != keep).returning(session.c.id)
    return list(connection.execute(ended).scalars())


@contextmanager
def free_name(what: str) -> Iterator[None]:
    """A name that is not free breaks a unique constraint inside this block.

    Raises:
        NameTaken: it is not.
    """
    try:
        yield
    except IntegrityError as error:
        raise NameTaken(what) from error


def to_user(row: Row[Any]) -> UserRead:
    """A user as admins see it."""
    return UserRead(
        id=row.id,
        name=row.name,
        is_admin=row.is_admin,
        has_password=row.password_hash is not None,
        created_at=to_datetime(row.created_at),
        password_at=find_datetime(row.password_at),
        disabled_at=find_datetime(row.disabled_at),
    )


def _changed(row: Row[Any], edit: UserEdit) -> dict[str, object]:
    values: dict[str, object] = {}
    if edit.name is not None and edit.name != row.name:
        values |= {"name": edit.name, "name_key": name_key(edit.name)}
    if edit.is_admin is not None and edit.is_admin != row.is_admin:
        values["is_admin"] = edit.is_admin
    if edit.is_disabled is not None and edit.is_disabled != (row.disabled_at is not None):
        values["disabled_at"] = DatabaseNow() if edit.is_disabled else None
    return values
