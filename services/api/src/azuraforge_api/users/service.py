"""What an admin of the platform does with users."""

from __future__ import annotations

from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.passwords import Passwords, require_good_password
from azuraforge_api.auth.sign_in import link_to
from azuraforge_api.plain_names import read_name
from azuraforge_api.users.repository import UserRepository
from azuraforge_contracts import (
    LinkCreated,
    LinkPurpose,
    LinkRead,
    UserChange,
    UserCreate,
    UserCreated,
    UserList,
    UserRead,
)
from azuraforge_ledger import By, NewUser, UserEdit


class UserService:
    """Makes, changes and disables users."""

    def __init__(self, users: UserRepository, *, passwords: Passwords, endings: Endings) -> None:
        self._users = users
        self._passwords = passwords
        self._endings = endings

    async def list_all(self) -> UserList:
        """Every user, by name."""
        return UserList(items=await self._users.list_all())

    async def get(self, user_id: str) -> UserRead:
        """One user.

        Raises:
            EntryMissing: there is none.
        """
        return await self._users.get(user_id)

    async def create(self, wanted: UserCreate, *, by: By) -> UserCreated:
        """Make a user; without a password, with a link to choose one.

        Raises:
            BodyRefused: the name or the password cannot be used.
            NameTaken: somebody has this name.
            EntryMissing: one of the projects is not there.
        """
        name, password_hash = read_name(wanted.name), None
        if wanted.password is not None:
            require_good_password(wanted.password, name=name)
            password_hash = await self._passwords.hash(wanted.password)
        roles = {one.project: one.role for one in wanted.projects}
        new = NewUser(name, is_admin=wanted.is_admin, password_hash=password_hash, roles=roles)
        user = await self._users.create(new, by=by)
        link = None if user.has_password else await self._link(user, by=by)
        return UserCreated(user=user, link=link)

    async def change(self, user_id: str, wanted: UserChange, *, by: By) -> UserRead:
        """Rename, promote, demote, disable or enable; it holds at once, on every open connection too.

        Raises:
            EntryMissing: there is no such user.
            NameTaken: somebody else has this name.
            LastAdmin: nobody else could manage the platform.
        """
        name = None if wanted.name is None else read_name(wanted.name)
        edit = UserEdit(name=name, is_admin=wanted.is_admin, is_disabled=wanted.is_disabled)
        user, ended = await self._users.change(user_id, edit, by=by)
        await self._endings.announce(sessions=ended, users=[user_id])
        return user

    async def create_link(self, user_id: str, *, by: By) -> LinkCreated:
        """A link with which a user chooses a password: the first one, or a new one.

        Raises:
            EntryMissing: there is no such user, or it is disabled.
        """
        return await self._link(await self._users.get(user_id), by=by)

    async def _link(self, user: UserRead, *, by: By) -> LinkCreated:
        purpose = LinkPurpose.RESET if user.has_password else LinkPurpose.INVITE
        issued = await self._users.create_link(purpose, user_id=user.id, by=by)
        return link_to(issued.token, LinkRead(purpose=purpose, user=user.name, expires_at=issued.expires_at))
