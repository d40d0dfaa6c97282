"""Who may do what: users, their API keys, projects with their members, and the audit log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, JsonValue

from azuraforge_contracts.message import Message, Request


class Role(StrEnum):
    """What a member may do in a project; each may do what the ones before it may."""

    VIEWER = "viewer"
    """Reads."""
    EDITOR = "editor"
    """Creates and controls experiments."""
    ADMIN = "admin"
    """Manages the project and its members, and deletes."""


ROLE_ORDER: Final = (Role.VIEWER, Role.EDITOR, Role.ADMIN)


class Scope(StrEnum):
    """What an API key may do, as far as its owner may; each allows what the ones before it allow."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    """Manages members, projects and, where the key is for all projects, its owner's account."""


SCOPE_ROLES: Final = {Scope.READ: Role.VIEWER, Scope.WRITE: Role.EDITOR, Scope.ADMIN: Role.ADMIN}
"""The highest role that a key of this scope acts with."""


def is_at_least(role: Role, needed: Role) -> bool:
    """Whether `role` may do what `needed` may."""
    return ROLE_ORDER.index(role) >= ROLE_ORDER.index(needed)


class LinkPurpose(StrEnum):
    """What a one-time link is good for."""

    SETUP = "setup"
    """Makes the first admin of the platform."""
    SESSION = "session"
    """Signs its user in."""
    INVITE = "invite"
    """Lets a new user choose a password."""
    RESET = "reset"
    """Lets a user choose a new password."""


MIN_PASSWORD_CHARACTERS: Final = 12
MAX_PASSWORD_BYTES: Final = 1024
MAX_NAME_CHARACTERS: Final = 64

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]
"""What people call a user, a project or a key: one line of letters, digits, marks and spaces."""
Password = Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD_BYTES)]
Id = Annotated[str, Field(min_length=36, max_length=36)]


class LinkCreated(Message):
    """A link that works once: `POST /api/v1/auth/links`, `POST /api/v1/users/{id}/links`."""

    path: str
    """Path and fragment on this server: `/sign-in#token`, so that the token reaches no log."""
    expires_at: datetime
    purpose: LinkPurpose = LinkPurpose.SESSION
    user: str = ""
    """Name of the user that it is for; empty where it makes the first one."""


class UserRead(Message):
    """A user as an admin of the platform sees it."""

    id: str
    name: str
    is_admin: bool = False
    """Of the whole platform: manages users and has every role in every project."""
    has_password: bool = False
    created_at: datetime
    password_at: datetime | None = None
    disabled_at: datetime | None = None


class UserList(Message):
    """`GET /api/v1/users`, by name."""

    items: list[UserRead]


class MemberPut(Request):
    """`POST /api/v1/projects/{id}/members`: give a user a role, or another one."""

    user: Name
    """The user's name."""
    role: Role


class Membership(Request):
    """A project and the role that a new user gets there."""

    project: Id
    role: Role


class UserCreate(Request):
    """`POST /api/v1/users`. Without a password the answer carries a link with which the user chooses one."""

    name: Name
    is_admin: bool = False
    password: Password | None = Field(default=None, repr=False)
    projects: list[Membership] = Field(default_factory=list, max_length=100)


class UserChange(Request):
    """`PATCH /api/v1/users/{id}`: what is given is changed."""

    name: Name | None = None
    is_admin: bool | None = None
    is_disabled: bool | None = None


class UserCreated(Message):
    """A new user, and the link to send to it."""

    user: UserRead
    link: LinkCreated | None = None


class KeyCreate(Request):
    """`POST /api/v1/keys`. `user` (a name) is for the owner key alone, which is nobody's."""

    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=3)
    project: Id | None = None
    """Limits the key to one project."""
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)
    user: Name | None = None


class KeyRead(Message):
    """An API key without its secret."""

    id: str
    name: str
    prefix: str
    """Its first characters, to tell it from others."""
    scopes: list[Scope]
    project: str | None = None
    user: str
    user_name: str = ""
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    """To the minute."""


class KeyList(Message):
    """`GET /api/v1/keys`, newest first."""

    items: list[KeyRead]


class KeyCreated(Message):
    """A new API key: the only time that `key` is shown."""

    key: str = Field(repr=False)
    read: KeyRead


class ProjectCreate(Request):
    """`POST /api/v1/projects`: whoever makes it becomes its admin."""

    name: Name


class ProjectChange(Request):
    """`PATCH /api/v1/projects/{id}`: what is given is changed."""

    name: Name | None = None
    is_archived: bool | None = None


class ProjectRead(Message):
    """A project and what the asking user may do there."""

    id: str
    name: str
    role: Role | None = None
    created_at: datetime
    archived_at: datetime | None = None


class ProjectList(Message):
    """`GET /api/v1/projects`: those that the user can see, by name."""

    items: list[ProjectRead]


class MemberRead(Message):
    """Somebody with a role in a project."""

    user: str
    name: str
    role: Role


class MemberList(Message):
    """`GET /api/v1/projects/{id}/members`, by name. Admins of the platform are not listed: they may do everything."""

    items: list[MemberRead]


class AuditAction(StrEnum):
    """What is written down."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a fact
    LINK_CREATED = "link_created"
    USER_CREATED = "user_created"
    USER_CHANGED = "user_changed"
    KEY_CREATED = "key_created"
    KEY_REVOKED = "key_revoked"
    PROJECT_CREATED = "project_created"
    PROJECT_CHANGED = "project_changed"
    MEMBER_PUT = "member_put"
    MEMBER_REMOVED = "member_removed"
    EXPERIMENT_CREATED = "experiment_created"
    EXPERIMENT_CHANGED = "experiment_changed"
    EXPERIMENT_CANCELLED = "experiment_cancelled"
    EXPERIMENT_PAUSED = "experiment_paused"
    EXPERIMENT_RESUMED = "experiment_resumed"
    EXPERIMENT_RETRIED = "experiment_retried"
    EXPERIMENT_FORKED = "experiment_forked"
    EXPERIMENT_ARCHIVED = "experiment_archived"
    EXPERIMENT_RESTORED = "experiment_restored"
    EXPERIMENT_DELETED = "experiment_deleted"


class AuditEntry(Message):
    """Who did what to what, when and from where. Nothing secret is in it."""

    id: str
    at: datetime
    actor: str
    """Id of the user, or `owner_key`, or `nobody`."""
    actor_name: str
    action: AuditAction | str = Field(union_mode="left_to_right")
    subject: str = ""
    """Id of what was acted upon."""
    project: str | None = None
    address: str = ""
    detail: dict[str, JsonValue] = Field(default_factory=dict)


class AuditPage(Message):
    """`GET /api/v1/audit`, newest first; `next_cursor` is null on the last page."""

    items: list[AuditEntry]
    next_cursor: str | None = None
