"""Who asks: the owner's key, an API key, or a session; and what somebody does with their own sessions."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping

from azuraforge_api.auth.cookies import is_token, read_cookie
from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_api.auth.repository import SessionRepository
from azuraforge_contracts import SessionEntry
from azuraforge_contracts.names import API_KEY_PREFIX
from azuraforge_ledger import By, KeyHolder, Person, Session, SignedIn


class AuthService:
    """Knows the owner's key, the API keys and the sessions."""

    def __init__(self, sessions: SessionRepository, *, owner_key: str, endings: Endings) -> None:
        self._sessions = sessions
        self._key_digest = _digest(owner_key)
        self._endings = endings

    async def identify(self, headers: Mapping[str, str], *, is_https: bool) -> Identity | None:
        """Whoever these headers prove to be. A wrong key is nobody, even beside a good cookie."""
        authorization = headers.get("authorization")
        if authorization is not None:
            return await self._identify_key(authorization)
        token = read_cookie(headers, is_https=is_https)
        if token is None:
            return None
        session = await self._sessions.find_session(token)
        return None if session is None else identity_of(session)

    async def list_live(self, sessions: Collection[str]) -> Mapping[str, Person]:
        """Those of these sessions and API keys that would be let in now, with what they may do."""
        return await self._sessions.list_live(sessions)

    async def list_sessions(self, identity: Identity) -> list[SessionEntry]:
        """The open sessions of whoever asks."""
        return await self._sessions.list_for(identity.user, current=identity.session)

    async def sign_out(self, token: str, *, by: By) -> None:
        """End the session of a token and close its sockets, wherever they are."""
        ended = await self._sessions.end_session(token, by=by)
        if ended is not None:
            await self._endings.announce(sessions=[ended])

    async def end_session(self, identity: Identity, session_id: str, *, by: By) -> None:
        """End one of one's own sessions.

        Raises:
            EntryMissing: there is none of this id, or it is somebody else's.
        """
        await self._sessions.end_one(session_id, user_id=identity.user, by=by)
        await self._endings.announce(sessions=[session_id])

    async def end_other_sessions(self, identity: Identity, *, by: By) -> None:
        """End all of one's own sessions but the one that asks."""
        ended = await self._sessions.end_others(identity.user, keep=identity.session, by=by)
        await self._endings.announce(sessions=ended)

    async def _identify_key(self, authorization: str) -> Identity | None:
        scheme, _, key = authorization.partition(" ")
        key = key.strip()
        is_owner = hmac.compare_digest(_digest(key), self._key_digest)
        if scheme.lower() != "bearer":
            return None
        if is_owner:
            return Identity(kind=IdentityKind.OWNER_KEY, is_admin=True)
        if not key.startswith(API_KEY_PREFIX) or not is_token(key):
            return None
        holder = await self._sessions.find_key(key)
        return None if holder is None else _identity_of_key(holder)


def identity_of(session: Session | SignedIn) -> Identity:
    """Who a session belongs to."""
    person = session.person
    return Identity(
        kind=IdentityKind.SESSION,
        user=person.id,
        name=person.name,
        is_admin=person.is_admin,
        roles=person.roles,
        session=session.id,
        expires_at=session.expires_at,
    )


def _identity_of_key(holder: KeyHolder) -> Identity:
    return Identity(
        kind=IdentityKind.API_KEY,
        user=holder.person.id,
        name=holder.person.name,
        is_admin=holder.person.is_admin,
        roles=holder.person.roles,
        scopes=holder.scopes,
        project=holder.project,
        session=holder.id,
        expires_at=holder.expires_at,
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
