"""Who asks, and the written list of what needs nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from azuraforge_contracts.names import API_PREFIX

PUBLIC_ROUTES: Final = frozenset(
    {
        ("GET", f"{API_PREFIX}/health"),
        ("GET", f"{API_PREFIX}/ready"),
        ("POST", f"{API_PREFIX}/auth/session"),
    }
)
"""Everything else below /api and /ws needs a user; outside of them there are only the dashboard's static files."""


class IdentityKind(StrEnum):
    """How somebody proved to be the owner."""

    OWNER_KEY = "owner_key"
    SESSION = "session"


@dataclass(frozen=True)
class Identity:
    """Somebody who is signed in. `session` is the id under which sockets of one session are found again."""

    kind: IdentityKind
    user: str = "owner"
    role: str = "admin"
    session: str = ""
    token: str = field(default="", repr=False)
    expires_at: datetime | None = None


def is_public(method: str, path: str) -> bool:
    """Whether an HTTP request needs no user."""
    if is_static(path):
        return method in {"GET", "HEAD"}
    return (method, path) in PUBLIC_ROUTES


def is_static(path: str) -> bool:
    """Whether a path belongs to the dashboard."""
    return not any(path == prefix or path.startswith(f"{prefix}/") for prefix in ("/api", "/ws"))
