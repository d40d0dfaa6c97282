"""API keys in the ledger, asked from the event loop."""

from __future__ import annotations

from azuraforge_api.threads import Threads
from azuraforge_contracts import KeyRead, UserRead
from azuraforge_ledger import By, Ledger, NewKey


class KeyRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._keys = ledger.keys
        self._users = ledger.users
        self._threads = threads

    async def create(self, new: NewKey, *, by: By) -> tuple[str, KeyRead]:
        """The key, and what is kept of it."""
        return await self._threads.run(lambda: self._keys.create(new, by=by))

    async def list_for(self, user_id: str | None) -> list[KeyRead]:
        """A user's keys, or everybody's."""
        return await self._threads.run(lambda: self._keys.list_for(user_id))

    async def revoke(self, key_id: str, *, user_id: str | None, by: By) -> None:
        """End one for good."""
        await self._threads.run(lambda: self._keys.revoke(key_id, user_id=user_id, by=by))

    async def find_user(self, name: str) -> UserRead | None:
        """The user of this name."""
        return await self._threads.run(lambda: self._users.find(name))
