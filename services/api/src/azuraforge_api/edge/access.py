"""Deny by default: a request without a user reaches public routes only, and a cookie works from our own pages only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from azuraforge_api.auth.identity import Identity, IdentityKind, is_public
from azuraforge_api.errors import AccessRefused
from azuraforge_api.problems import failure_response
from azuraforge_api.settings import Settings
from azuraforge_contracts import ErrorCode
from azuraforge_contracts.names import WS_NOT_ALLOWED, WS_RESTART, WS_SESSION_ENDED
from azuraforge_ledger import LedgerError


class Identify(Protocol):
    """Finds out who the headers of a connection prove somebody to be."""

    async def __call__(self, headers: Mapping[str, str], *, is_https: bool) -> Identity | None:
        """None is nobody."""


SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class AccessEdge:
    """ASGI middleware that finds out who asks and refuses who may not."""

    def __init__(self, app: ASGIApp, *, settings: Settings, identify: Identify) -> None:
        self._app = app
        self._settings = settings
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._serve_http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        method, path = scope["method"], scope["path"]
        try:
            if is_public(method, path):
                if method not in SAFE_METHODS and self._is_cross_site(headers):
                    raise _cross_site()
            else:
                scope["state"]["identity"] = await self._admit(scope, headers)
        except (AccessRefused, LedgerError) as error:
            await failure_response(error, request_id=scope["state"]["request_id"])(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers) -> Identity:
        method, identity = scope["method"], await self._identify(headers, is_https=scope["state"]["is_https"])
        if identity is None:
            raise AccessRefused(ErrorCode.UNAUTHENTICATED, "This address needs a signed-in user.")
        if identity.kind is IdentityKind.SESSION and method not in SAFE_METHODS:
            proof = headers.get("sec-fetch-site") or headers.get("origin")
            if proof is None or self._is_cross_site(headers):
                raise _cross_site()
        return identity

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if self._is_cross_site(headers):
            await _refuse_socket(receive, send, code=WS_NOT_ALLOWED, reason="other origin")
            return
        try:
            identity = await self._identify(headers, is_https=scope["state"]["is_https"])
        except LedgerError:
            await _refuse_socket(receive, send, code=WS_RESTART, reason="the ledger is away, try again")
            return
        if identity is None:
            await _refuse_socket(receive, send, code=WS_SESSION_ENDED, reason="not signed in")
            return
        if identity.kind is IdentityKind.SESSION and "origin" not in headers:  # every browser sends it with a handshake
            await _refuse_socket(receive, send, code=WS_NOT_ALLOWED, reason="no origin")
            return
        scope["state"]["identity"] = identity
        await self._app(scope, receive, send)

    def _is_cross_site(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None and site not in {"same-origin", "none"}:
            return True
        origin = headers.get("origin")
        return origin is not None and not self._is_own_origin(origin, host=headers.get("host", ""))

    def _is_own_origin(self, origin: str, *, host: str) -> bool:
        scheme = "https" if self._settings.is_https else "http"
        return origin.lower() in {f"{scheme}://{host.lower()}", self._settings.public_url.lower() or None}


def _cross_site() -> AccessRefused:
    return AccessRefused(
        ErrorCode.CSRF_REFUSED,
        "A change was asked for by a page of another site, or without saying which page asks.",
        hint="Use the dashboard at this address; programs send the owner key as Bearer instead of a cookie.",
    )


async def _refuse_socket(receive: Receive, send: Send, *, code: int, reason: str) -> None:
    """Accept and close at once: a browser sees the code of a close, but not of a refused handshake."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code, "reason": reason})
