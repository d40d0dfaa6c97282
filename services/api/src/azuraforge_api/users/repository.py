"""Users in the ledger, asked from the event loop."""

from __future__ import annotations

from azuraforge_api.threads import Threads
from azuraforge_contracts import LinkPurpose, UserRead
from azuraforge_ledger import By, Issued, Ledger, NewUser, UserEdit


class UserRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._users = ledger.users
        self._links = ledger.links
        self._threads = threads

    async def list_all(self) -> list[UserRead]:
        """Every user, by name."""
        return await self._threads.run(self._users.list_all)

    async def get(self, user_id: str) -> UserRead:
        """One user."""
        return await self._threads.run(lambda: self._users.get(user_id))

    async def create(self, new: NewUser, *, by: By) -> UserRead:
        """Make one."""
        return await self._threads.run(lambda: self._users.create(new, by=by))

    async def change(self, user_id: str, edit: UserEdit, *, by: By) -> tuple[UserRead, list[str]]:
        """Change one; the second value names the sessions that ended."""
        return await self._threads.run(lambda: self._users.change(user_id, edit, by=by))

    async def create_link(self, purpose: LinkPurpose, *, user_id: str, by: By) -> Issued:
        """A link with which the user chooses a password."""
        return await self._threads.run(lambda: self._links.create(purpose, user_id=user_id, by=by))
