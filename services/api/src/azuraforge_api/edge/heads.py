"""What the head of a request may hold: short, told once, and nothing that could be read in two ways."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from starlette.types import Scope

from azuraforge_api.edge.guarded_http import MAX_HEAD_BYTES
from azuraforge_api.errors import HeadRefused
from azuraforge_contracts import ErrorCode

MAX_HEADERS: Final = 100
MAX_PATH_BYTES: Final = 2048
MAX_QUERY_BYTES: Final = 8192
TOLD_ONCE: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"cookie",
        b"host",
        b"idempotency-key",
        b"origin",
        b"sec-fetch-site",
        b"transfer-encoding",
    }
)
"""Whoever stands before us may read another one of two than we do."""

_HOST = re.compile(rb"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")


def check_head(scope: Scope) -> None:
    """Return where the head of a request or of a socket's handshake can be used.

    Raises:
        HeadRefused: it is too long, ambiguous, or names no host.
    """
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    size = sum(len(name) + len(value) + 4 for name, value in headers)
    if size > MAX_HEAD_BYTES or len(headers) > MAX_HEADERS:
        raise HeadRefused(ErrorCode.HEAD_TOO_LARGE, "The headers of the request are too long or too many.")
    if len(scope.get("raw_path") or b"") > MAX_PATH_BYTES or len(scope["query_string"]) > MAX_QUERY_BYTES:
        raise HeadRefused(ErrorCode.HEAD_TOO_LARGE, "The address of the request is too long.")
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        raise HeadRefused(ErrorCode.REQUEST_INVALID, "The address holds the character NUL.")
    told = Counter(name for name, _ in headers if name in TOLD_ONCE)
    if any(count > 1 for count in told.values()):
        raise HeadRefused(ErrorCode.HTTP_INVALID, "A header that may stand once stands there twice.")
    host = next((value for name, value in headers if name == b"host"), b"")
    if not _HOST.fullmatch(host):
        raise HeadRefused(ErrorCode.HOST_REFUSED, "The request names no host, or not in the form of a host.")
