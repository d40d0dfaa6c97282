"""Live connections by session: how many there may be, and ending them when their session ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_api.errors import AccessRefused
from azuraforge_contracts import ErrorCode

MAX_SOCKETS = 5000
MAX_PER_SESSION = 100


class OpenConnections:
    """Counts sockets and streams. An `end` callback closes one of them."""

    def __init__(self, *, max_sockets: int = MAX_SOCKETS, max_per_session: int = MAX_PER_SESSION) -> None:
        self._max_sockets = max_sockets
        self._max_per_session = max_per_session
        self._by_session: dict[str, set[Callable[[], None]]] = defaultdict(set)
        self._tokens: dict[str, str] = {}
        self.count = 0

    def has_room(self, identity: Identity) -> bool:
        """Whether one more may be opened."""
        if self.count >= self._max_sockets:
            return False
        is_session = identity.kind is IdentityKind.SESSION
        return not is_session or len(self._by_session.get(identity.session, ())) < self._max_per_session

    def _add(self, identity: Identity, end: Callable[[], None]) -> None:
        self.count += 1
        self._by_session[identity.session].add(end)
        if identity.kind is IdentityKind.SESSION:
            self._tokens[identity.session] = identity.token

    def _remove(self, identity: Identity, end: Callable[[], None]) -> None:
        self.count -= 1
        ends = self._by_session[identity.session]
        ends.discard(end)
        if not ends:
            del self._by_session[identity.session]
            self._tokens.pop(identity.session, None)

    async def end_dead(self, is_alive: Callable[[str], Awaitable[bool]]) -> None:
        """Close whatever belongs to sessions that ended elsewhere or expired; `is_alive` takes a session's token."""
        for session, token in list(self._tokens.items()):
            if not await is_alive(token):
                self.end_session(session)

    def end_session(self, session: str) -> None:
        """Close whatever a session has open."""
        for end in list(self._by_session.get(session, ())):
            end()


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
    def taken_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Count the connection as open; `end` is called when its session ends."""
        self.connections._add(self.identity, end)  # noqa: SLF001 - two halves of one idea
        try:
            yield
        finally:
            self.connections._remove(self.identity, end)  # noqa: SLF001
