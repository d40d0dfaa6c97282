"""Who asks: the owner's key, or a session that a one-time link began."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_api.auth.rate_limit import RateLimit
from azuraforge_api.auth.repository import SessionRepository
from azuraforge_api.errors import AccessRefused
from azuraforge_contracts import ErrorCode, LinkCreated
from azuraforge_contracts.names import SESSION_COOKIE, SESSION_COOKIE_LOOPBACK
from azuraforge_ledger import LinkInvalid, Session

MAX_TOKEN_CHARACTERS = 200


class AuthService:
    """Knows the owner's key and the sessions. `is_https` decides the cookie's name."""

    def __init__(self, sessions: SessionRepository, *, owner_key: str, is_https: bool, limit: RateLimit) -> None:
        self._sessions = sessions
        self._key_digest = _digest(owner_key)
        self._limit = limit
        self.cookie_name = SESSION_COOKIE if is_https else SESSION_COOKIE_LOOPBACK
        self.is_https = is_https

    async def identify(self, headers: Mapping[str, str]) -> Identity | None:
        """Whoever these headers prove to be. A wrong key is nobody, even beside a good cookie."""
        authorization = headers.get("authorization")
        if authorization is not None:
            return self._identify_key(authorization)
        token = self.read_cookie(headers)
        if token is None:
            return None
        session = await self._sessions.find_session(token)
        return None if session is None else _identity_of(session, token=token)

    def read_cookie(self, headers: Mapping[str, str]) -> str | None:
        """The session token of a request, if it is one that could be ours."""
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return None
        morsel = cookies.get(self.cookie_name)
        return morsel.value if morsel is not None and _is_token(morsel.value) else None

    async def create_link(self) -> LinkCreated:
        """A link that signs one browser in; the token travels in the fragment, which reaches no log."""
        link = await self._sessions.create_link()
        return LinkCreated(path=f"/sign-in#{link.token}", expires_at=link.expires_at)

    async def sign_in(self, token: str, *, address: str) -> tuple[Identity, str]:
        """Redeem a link: the identity, and the session's token for the cookie.

        Raises:
            AccessRefused: too many tries from this address, or not a token at all.
            LinkInvalid: it was used or has expired.
        """
        wait_s = self._limit.take(address)
        if wait_s:
            raise AccessRefused(
                ErrorCode.TOO_MANY_REQUESTS,
                "Too many sign-in attempts from this address.",
                hint=f"Try again in {math.ceil(wait_s)} s.",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )
        issued = await self._sessions.redeem_link(token if _is_token(token) else "")
        session = await self._sessions.find_session(issued.token)
        if session is None:
            raise LinkInvalid
        return _identity_of(session, token=issued.token), issued.token

    async def is_alive(self, token: str) -> bool:
        """Whether a session would be let in now."""
        return await self._sessions.find_session(token) is not None

    async def sign_out(self, token: str) -> None:
        """End the session."""
        await self._sessions.end_session(token)

    def _identify_key(self, authorization: str) -> Identity | None:
        scheme, _, key = authorization.partition(" ")
        is_owner = hmac.compare_digest(_digest(key.strip()), self._key_digest)
        return Identity(kind=IdentityKind.OWNER_KEY, is_admin=True) if is_owner and scheme.lower() == "bearer" else None


def _identity_of(session: Session, *, token: str) -> Identity:
    return Identity(
        kind=IdentityKind.SESSION,
        user=session.person.id,
        name=session.person.name,
        is_admin=session.person.is_admin,
        roles=session.person.roles,
        session=session.id,
        token=token,
        expires_at=session.expires_at,
    )


def _is_token(text: str) -> bool:
    return 0 < len(text) <= MAX_TOKEN_CHARACTERS and text.isascii() and text.isprintable()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
