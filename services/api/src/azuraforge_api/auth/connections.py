"""Live connections by session: how many there may be, and ending them when their session or its rights end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from azuraforge_api.auth.identity import Identity
from azuraforge_api.errors import AccessRefused
from azuraforge_contracts import ErrorCode
from azuraforge_ledger import Person

MAX_SOCKETS = 5000
MAX_PER_SESSION = 100


@dataclass(frozen=True, eq=False)
class Open:
    """One connection: `end` says that its session is over, `renew` lets its client connect again and be asked anew."""

    identity: Identity
    end: Callable[[], None]
    renew: Callable[[], None]


class OpenConnections:
    """Counts sockets and streams, by the session or API key that opened them."""

    def __init__(self, *, max_sockets: int = MAX_SOCKETS, max_per_session: int = MAX_PER_SESSION) -> None:
        self._max_sockets = max_sockets
        self._max_per_session = max_per_session
        self._by_session: dict[str, set[Open]] = defaultdict(set)
        self.count = 0

    def has_room(self, identity: Identity) -> bool:
        """Whether one more may be opened; the owner key is bounded by the machine alone."""
        if self.count >= self._max_sockets:
            return False
        return not identity.session or len(self._by_session.get(identity.session, ())) < self._max_per_session

    def _add(self, one: Open) -> None:
        self.count += 1
        self._by_session[one.identity.session].add(one)

    def _remove(self, one: Open) -> None:
        self.count -= 1
        session = one.identity.session
        self._by_session[session].discard(one)
        if not self._by_session[session]:
            del self._by_session[session]

    async def end_dead(self, list_live: Callable[[Collection[str]], Awaitable[Mapping[str, Person]]]) -> None:
        """Close what belongs to sessions that are over, and renew what belongs to rights that have changed."""
        known = [session for session in self._by_session if session]
        if not known:
            return
        live = await list_live(known)
        for session in known:
            person = live.get(session)
            for one in list(self._by_session.get(session, ())):
                if person is None:
                    one.end()
                elif (person.is_admin, person.roles) != (one.identity.is_admin, one.identity.roles):
                    one.renew()

    def end_sessions(self, sessions: Iterable[str]) -> None:
        """Close whatever these sessions and API keys have open."""
        for session in sessions:
            for one in list(self._by_session.get(session, ())) if session else ():
                one.end()

    def renew_users(self, users: Collection[str]) -> None:
        """Let whatever these users have open be asked for again."""
        for ones in list(self._by_session.values()):
            for one in list(ones):
                if one.identity.user and one.identity.user in users:
                    one.renew()


@dataclass(frozen=True)
class Place:
    """One connection's place among the others."""

    connections: OpenConnections
    identity: Identity

    def is_free(self) -> bool:
        """Whether one more may be opened."""
        return self.connections.has_room(self.identity)

    def require(self) -> None:
        """Return if one more may be opened.

        Raises:
            AccessRefused: there are too many.
        """
        if not self.is_free():
            raise AccessRefused(
                ErrorCode.TOO_MANY_REQUESTS,
                "Too many live connections are open.",
                hint="Close some of the tabs that watch experiments.",
                headers={"Retry-After": "15"},
            )

    @contextmanager
    def taken_by(self, end: Callable[[], None], *, renew: Callable[[], None] | None = None) -> Iterator[None]:
        """Count the connection as open; `end` is called when its session ends, `renew` when its rights change."""
        one = Open(self.identity, end, renew or end)
        self.connections._add(one)  # noqa: SLF001 - two halves of one idea
        try:
            yield
        finally:
            self.connections._remove(one)  # noqa: SLF001
