"""The session cookie: out of reach of scripts and of other sites, and over TLS bound to this host.

Browsers take a `__Host-` cookie over TLS only, so plain HTTP, which is served on loopback alone, uses a named one.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from azuraforge_contracts.names import SESSION_COOKIE, SESSION_COOKIE_LOOPBACK

MAX_AGE_S: Final = 30 * 24 * 3600
MAX_TOKEN_CHARACTERS: Final = 200


def cookie_name(*, is_https: bool) -> str:
    """Under which name the browser keeps the session's token."""
    return SESSION_COOKIE if is_https else SESSION_COOKIE_LOOPBACK


def speaks_https(connection: HTTPConnection) -> bool:
    """Whether the browser at the other end speaks TLS, as the outer edge found out."""
    return bool(connection.scope["state"]["is_https"])


def read_cookie(headers: Mapping[str, str], *, is_https: bool) -> str | None:
    """The session token of a request, if it is one that could be ours."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(headers.get("cookie", ""))
    except CookieError:
        return None
    morsel = cookies.get(cookie_name(is_https=is_https))
    return morsel.value if morsel is not None and is_token(morsel.value) else None


def put_cookie(response: Response, token: str, *, is_https: bool) -> None:
    """Let the browser keep `token`."""
    response.set_cookie(
        cookie_name(is_https=is_https),
        token,
        max_age=MAX_AGE_S,
        path="/",
        secure=is_https,
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response, *, is_https: bool) -> None:
    """Let the browser forget it."""
    name = cookie_name(is_https=is_https)
    response.delete_cookie(name, path="/", secure=is_https, httponly=True, samesite="strict")


def is_token(text: str) -> bool:
    """Whether `text` may be a token of ours, before the ledger is asked."""
    return 0 < len(text) <= MAX_TOKEN_CHARACTERS and text.isascii() and text.isprintable()
