"""Sessions, links, passwords and keys in the ledger, asked from the event loop; only hashes of tokens are stored."""

from __future__ import annotations

from collections.abc import Collection

from azuraforge_api.threads import Threads
from azuraforge_contracts import AuditAction, LinkPurpose, LinkRead, SessionEntry, UserRead
from azuraforge_ledger import (
    By,
    Chosen,
    Credentials,
    Issued,
    KeyHolder,
    Ledger,
    Person,
    Session,
    SignedIn,
    Visitor,
)


class SessionRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._ledger = ledger
        self._sessions = ledger.sessions
        self._threads = threads

    async def find_session(self, token: str) -> Session | None:
        """The session, if it is still valid."""
        return await self._threads.run(lambda: self._sessions.find_session(token))

    async def find_key(self, key: str) -> KeyHolder | None:
        """Who an API key stands for, if it is still valid."""
        return await self._threads.run(lambda: self._ledger.keys.find(key))

    async def list_live(self, ids: Collection[str]) -> dict[str, Person]:
        """Those of these sessions and API keys that would be let in now, with what they may do."""

        def read() -> dict[str, Person]:
            return self._sessions.list_live(ids) | self._ledger.keys.list_live(ids)

        return await self._threads.run(read)

    async def list_for(self, user_id: str, *, current: str) -> list[SessionEntry]:
        """A user's sessions."""
        return await self._threads.run(lambda: self._sessions.list_for(user_id, current=current))

    async def end_session(self, token: str, *, by: By) -> str | None:
        """Sign out."""
        return await self._threads.run(lambda: self._sessions.end_session(token, by=by))

    async def end_one(self, session_id: str, *, user_id: str, by: By) -> None:
        """End one session of a user."""
        await self._threads.run(lambda: self._sessions.end_one(session_id, user_id=user_id, by=by))

    async def end_others(self, user_id: str, *, keep: str, by: By) -> list[str]:
        """End every session of a user but one."""
        return await self._threads.run(lambda: self._sessions.end_others(user_id, keep=keep, by=by))


class CredentialRepository:
    """Passwords and links; every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._ledger = ledger
        self._threads = threads

    async def find(self, name: str) -> Credentials | None:
        """What a sign-in with this name is compared with."""
        return await self._threads.run(lambda: self._ledger.users.find_credentials(name))

    async def find_of(self, user_id: str) -> Credentials | None:
        """The same by id."""
        return await self._threads.run(lambda: self._ledger.users.find_credentials_of(user_id))

    async def open(self, user_id: str, *, verified: str, new_hash: str | None, visitor: Visitor) -> SignedIn:
        """Begin a session for a password that was right."""
        return await self._threads.run(
            lambda: self._ledger.sessions.open(user_id, verified=verified, new_hash=new_hash, visitor=visitor)
        )

    async def change_password(self, user_id: str, *, verified: str, new_hash: str, keep: str, by: By) -> list[str]:
        """Replace a password; the ids of the sessions that ended."""
        change = self._ledger.users.change_password
        return await self._threads.run(lambda: change(user_id, verified=verified, new_hash=new_hash, keep=keep, by=by))

    async def note_failure(self, by: By, *, subject: str, way: str) -> None:
        """Write a sign-in down that failed."""
        add = self._ledger.audit.add
        await self._threads.run(lambda: add(by, AuditAction.SIGN_IN_FAILED, subject=subject, detail={"way": way}))

    async def find_link_user(self, name: str | None) -> UserRead | None:
        """The user of this name; without one the first admin."""
        users = self._ledger.users
        return await self._threads.run(lambda: users.find_first_admin() if name is None else users.find(name))

    async def create_setup(self, *, by: By) -> Issued:
        """A link that makes the first admin."""
        return await self._threads.run(lambda: self._ledger.links.create_setup(by=by))

    async def create_link(self, purpose: LinkPurpose, *, user_id: str, by: By) -> Issued:
        """A link for a user."""
        return await self._threads.run(lambda: self._ledger.links.create(purpose, user_id=user_id, by=by))

    async def read_link(self, token: str) -> LinkRead:
        """What a link is for."""
        return await self._threads.run(lambda: self._ledger.links.read(token))

    async def redeem_link(self, token: str, chosen: Chosen, *, visitor: Visitor) -> SignedIn:
        """Turn a link into what it is for, and a session."""
        return await self._threads.run(lambda: self._ledger.links.redeem(token, chosen, visitor=visitor))


class PlaceRepository:
    """Where experiments are."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._projects = ledger.projects
        self._threads = threads

    async def project_of(self, task_id: str) -> str:
        """The project of an experiment."""
        return await self._threads.run(lambda: self._projects.of_experiment(task_id))
