"""Headers of every answer: what a browser may do with it."""

from __future__ import annotations

from typing import Final

_DASHBOARD_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SANDBOX_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"
)
"""For files that an experiment produced: no script, no origin, no network; only our own pages may frame them."""

SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"content-security-policy", _DASHBOARD_POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""Added where a route has not set its own."""


def with_security(headers: list[tuple[bytes, bytes]], *, path: str, is_https: bool) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer carries."""
    given = {name.lower() for name, _ in headers}
    added = [pair for pair in SECURITY_HEADERS if pair[0] not in given]
    if path.startswith("/api/") and b"cache-control" not in given:
        added.append((b"cache-control", b"no-store"))
    if is_https:
        added.append((b"strict-transport-security", b"max-age=31536000"))
    return [*headers, *added]
