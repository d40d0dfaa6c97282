"""Links, sessions and what they may reach, in the ledger; only hashes of tokens are stored."""

from __future__ import annotations

from azuraforge_api.threads import Threads
from azuraforge_ledger import Issued, Ledger, Session


class SessionRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._sessions = ledger.sessions
        self._threads = threads

    async def create_link(self) -> Issued:
        """A link that works once."""
        return await self._threads.run(self._sessions.create_link)

    async def redeem_link(self, token: str) -> Issued:
        """Turn a link into a session."""
        return await self._threads.run(lambda: self._sessions.redeem_link(token))

    async def find_session(self, token: str) -> Session | None:
        """The session, if it is still valid."""
        return await self._threads.run(lambda: self._sessions.find_session(token))

    async def end_session(self, token: str) -> None:
        """Sign out."""
        await self._threads.run(lambda: self._sessions.end_session(token))


class PlaceRepository:
    """Where experiments are."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._projects = ledger.projects
        self._threads = threads

    async def project_of(self, task_id: str) -> str:
        """The project of an experiment."""
        return await self._threads.run(lambda: self._projects.of_experiment(task_id))
