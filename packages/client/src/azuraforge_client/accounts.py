"""Users, projects, API keys and the audit log over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from azuraforge_client.transport import Transport
from azuraforge_contracts import (
    AuditAction,
    AuditPage,
    KeyCreated,
    KeyList,
    KeyRead,
    LinkCreated,
    MemberList,
    MemberRead,
    ProjectList,
    ProjectRead,
    Role,
    Scope,
    UserCreated,
    UserList,
    UserRead,
)


class Users:
    """Users of the platform, for its admins; reached as `client.users`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Sequence[UserRead]:
        """Every user, by name; the disabled ones too."""
        return self._transport.read("/users", UserList).items

    def create(
        self,
        name: str,
        *,
        is_admin: bool = False,
        password: str | None = None,
        roles: Mapping[str, Role] | None = None,
    ) -> UserCreated:
        """Make a user; `roles` by project id. Without a password the answer has a link to send.

        Raises:
            Conflict: somebody has this name.
        """
        projects = [{"project": project, "role": str(role)} for project, role in (roles or {}).items()]
        body = {"name": name, "is_admin": is_admin, "password": password, "projects": projects}
        return self._transport.send("/users", UserCreated, body=body)

    def change(
        self, user_id: str, *, name: str | None = None, is_admin: bool | None = None, is_disabled: bool | None = None
    ) -> UserRead:
        """Rename, make an admin or no longer one, disable or enable; None leaves it.

        Raises:
            Conflict: the name is taken, or nobody else could manage the platform.
        """
        body = _given(name=name, is_admin=is_admin, is_disabled=is_disabled)
        return self._transport.change(f"/users/{quote(user_id, safe='')}", UserRead, body=body)

    def create_password_link(self, user_id: str) -> LinkCreated:
        """A link to send, with which the user chooses a password."""
        return self._transport.send(f"/users/{quote(user_id, safe='')}/links", LinkCreated)


class Projects:
    """Projects and their members; reached as `client.projects`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, has_archived: bool = False) -> Sequence[ProjectRead]:
        """The projects that can be seen, by name."""
        params = {"archived": "true"} if has_archived else None
        return self._transport.read("/projects", ProjectList, params=params).items

    def create(self, name: str) -> ProjectRead:
        """Make a project; whoever asks becomes its admin.

        Raises:
            Conflict: there is one of this name.
        """
        return self._transport.send("/projects", ProjectRead, body={"name": name})

    def change(self, project_id: str, *, name: str | None = None, is_archived: bool | None = None) -> ProjectRead:
        """Rename, archive or restore; None leaves it."""
        body = _given(name=name, is_archived=is_archived)
        return self._transport.change(_project(project_id), ProjectRead, body=body)

    def list_members(self, project_id: str) -> Sequence[MemberRead]:
        """Whoever has a role in it, by name."""
        return self._transport.read(f"{_project(project_id)}/members", MemberList).items

    def put_member(self, project_id: str, *, user: str, role: Role | str) -> MemberRead:
        """Give a user (by name) a role, or another one."""
        body = {"user": user, "role": str(role)}
        return self._transport.send(f"{_project(project_id)}/members", MemberRead, body=body)

    def remove_member(self, project_id: str, *, user_id: str) -> None:
        """Take a user's role away."""
        self._transport.request("DELETE", f"{_project(project_id)}/members/{quote(user_id, safe='')}")


class Keys:
    """API keys; reached as `client.keys`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, is_everybodys: bool = False) -> Sequence[KeyRead]:
        """One's own keys that were not revoked, newest first; everybody's for an admin of the platform."""
        params = {"all": "true"} if is_everybodys else None
        return self._transport.read("/keys", KeyList, params=params).items

    def create(
        self,
        name: str,
        *,
        scopes: Sequence[Scope | str],
        project: str | None = None,
        expires_in_days: int | None = None,
        user: str | None = None,
    ) -> KeyCreated:
        """Make a key; `key` of the answer is shown this once. `user` (a name) is for the owner key alone."""
        body = {"name": name, "scopes": [str(scope) for scope in scopes]}
        body |= _given(project=project, expires_in_days=expires_in_days, user=user)
        return self._transport.send("/keys", KeyCreated, body=body)

    def revoke(self, key_id: str) -> None:
        """End a key for good."""
        self._transport.request("DELETE", f"/keys/{quote(key_id, safe='')}")


class Audit:
    """The audit log, for admins of the platform; reached as `client.audit`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        action: AuditAction | str | None = None,
        actor: str | None = None,
        subject: str | None = None,
        project: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> AuditPage:
        """A page, newest first; give `next_cursor` back as `cursor` for the next one."""
        params = _given(action=action, actor=actor, subject=subject, project=project, cursor=cursor, limit=limit)
        return self._transport.read("/audit", AuditPage, params=params)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _project(project_id: str) -> str:
    return f"/projects/{quote(project_id, safe='')}"
