"""Who may do what: roles in a project, scopes of a key."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


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
