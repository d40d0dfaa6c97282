"""Who asks, and the written list of what needs nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from azuraforge_contracts import ROLE_ORDER, SCOPE_ROLES, Role, Scope
from azuraforge_contracts.names import API_PREFIX

PUBLIC_ROUTES: Final = frozenset(
    {
        ("GET", f"{API_PREFIX}/health"),
        ("GET", f"{API_PREFIX}/ready"),
        ("POST", f"{API_PREFIX}/auth/links/read"),
        ("POST", f"{API_PREFIX}/auth/session"),
    }
)
"""Everything else below /api and /ws needs a user; outside of them there are only the dashboard's static files."""


class IdentityKind(StrEnum):
    """How somebody proved who they are."""

    OWNER_KEY = "owner_key"
    """Whoever may read the data folder of the machine: may do everything, and is no user."""
    SESSION = "session"
    API_KEY = "api_key"


@dataclass(frozen=True)
class Identity:
    """Somebody who is signed in, and what they may do.

    `user` is the user's id, empty for the owner key. `session` is the id of the session or the API key, under which
    its sockets are found again. `roles` are those by project; an admin of the platform has every role everywhere.
    `project` limits an API key to one project, and `scopes` to a role.
    """

    kind: IdentityKind
    user: str = ""
    name: str = "owner"
    is_admin: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset(Scope)
    project: str | None = None
    session: str = ""
    expires_at: datetime | None = None

    def role_in(self, project: str) -> Role | None:
        """The role in a project; None if it cannot be seen."""
        if self.project not in {None, project}:
            return None
        role = Role.ADMIN if self.is_admin else self.roles.get(project)
        if role is None or not self.scopes:
            return None
        return min(role, max(map(SCOPE_ROLES.__getitem__, self.scopes), key=_rank), key=_rank)

    @property
    def visible_projects(self) -> frozenset[str] | None:
        """Ids of the projects that can be seen; None means all of them."""
        if self.project is not None:
            return frozenset({self.project}) if self.role_in(self.project) is not None else frozenset()
        return None if self.is_admin else frozenset(self.roles)

    @property
    def is_platform_admin(self) -> bool:
        """Whether it manages users, every project and the whole platform; a key does so only with every right."""
        return self.is_admin and self.is_unbounded

    @property
    def is_unbounded(self) -> bool:
        """Whether it may do all that its user may: a key only with every right and for every project."""
        return self.project is None and Scope.ADMIN in self.scopes

    @property
    def owner(self) -> str:
        """Who things belong to that are no user's, such as idempotency keys."""
        return self.user or str(self.kind)


def _rank(role: Role) -> int:
    return ROLE_ORDER.index(role)


def is_public(method: str, path: str) -> bool:
    """Whether an HTTP request needs no user."""
    if is_static(path):
        return method in {"GET", "HEAD"}
    return (method, path) in PUBLIC_ROUTES


def is_static(path: str) -> bool:
    """Whether a path belongs to the dashboard."""
    return not any(path == prefix or path.startswith(f"{prefix}/") for prefix in ("/api", "/ws"))
