"""Signing in and out: by password, by a one-time link, and the sessions that follow."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from azuraforge_contracts.accounts import (
    MAX_NAME_CHARACTERS,
    MAX_PASSWORD_BYTES,
    LinkPurpose,
    Name,
    Password,
    Role,
    Scope,
)
from azuraforge_contracts.message import Message, Request


class LinkCreate(Request):
    """`POST /api/v1/auth/links`, with the owner key; an empty body asks for what is needed now.

    `setup` makes the first admin, and is refused as soon as there is one; `session` signs `user` in (by name; the first
    admin without one). Links to choose a password are made by `POST /api/v1/users/{id}/links`.
    """

    purpose: Literal["setup", "session"] | None = None
    user: Name | None = None


class LinkToken(Request):
    """`POST /api/v1/auth/links/read`."""

    token: str = Field(min_length=1, max_length=200, repr=False)


class LinkRead(Message):
    """What a link is for, without using it up: a page asks for a name and a password where they are needed."""

    purpose: LinkPurpose
    user: str = ""
    expires_at: datetime


class SignIn(Request):
    """`POST /api/v1/auth/session`: a name and a password, or the token of a link with what its purpose needs.

    `session`: the token alone. `invite` and `reset`: token and password. `setup`: token, name and password.
    """

    token: str = Field(default="", repr=False)
    name: str = Field(default="", max_length=MAX_NAME_CHARACTERS)
    password: str = Field(default="", max_length=MAX_PASSWORD_BYTES, repr=False)


class SessionProject(Message):
    """A project in which the user was given a role."""

    project: str
    role: Role


class SessionRead(Message):
    """`GET /api/v1/auth/session`: who is signed in, and what it may do."""

    user: str
    """The user's name."""
    role: str
    """`admin` of the platform, or `member`."""
    expires_at: datetime | None = None
    user_id: str = ""
    """Empty for the owner key, which is no user."""
    kind: str = "session"
    """`session`, `api_key` or `owner_key`."""
    is_admin: bool = False
    scopes: list[Scope] = Field(default_factory=list)
    project: str | None = None
    """The one project that an API key is limited to."""
    projects: list[SessionProject] = Field(default_factory=list)


class SessionEntry(Message):
    """A browser that is signed in."""

    id: str
    agent: str = ""
    address: str = ""
    created_at: datetime
    seen_at: datetime
    """To the minute."""
    expires_at: datetime
    is_current: bool = False


class SessionList(Message):
    """`GET /api/v1/auth/sessions`: the user's own, the one used last first."""

    items: list[SessionEntry]


class PasswordChange(Request):
    """`POST /api/v1/auth/password`: every other session of the user ends."""

    current: Password = Field(repr=False)
    new: Password = Field(repr=False)


class Health(Message):
    """`GET /api/v1/health` (alive) and `GET /api/v1/ready` (can serve): what stands and what does not."""

    status: str
    version: str
    checks: dict[str, str] = Field(default_factory=dict)
