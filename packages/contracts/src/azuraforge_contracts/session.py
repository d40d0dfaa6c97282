"""Signing in: a one-time link becomes a session; the terminal uses the owner's key."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from azuraforge_contracts.message import Message, Request


class LinkCreated(Message):
    """`POST /api/v1/auth/links` (owner key only): a link that signs one browser in, once."""

    path: str
    """Path and fragment on this server: `/sign-in#token`, so that the token reaches no log."""
    expires_at: datetime


class SignIn(Request):
    """`POST /api/v1/auth/session`."""

    token: str


class SessionRead(Message):
    """`GET /api/v1/auth/session`: who is signed in."""

    user: str
    role: str
    expires_at: datetime | None = None


class Health(Message):
    """`GET /api/v1/health` (alive) and `GET /api/v1/ready` (can serve): what stands and what does not."""

    status: str
    version: str
    checks: dict[str, str] = Field(default_factory=dict)
