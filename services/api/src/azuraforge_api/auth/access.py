"""What somebody may do where: path dependencies that answer before a route runs.

Whoever cannot see a project learns nothing of it, so its experiments are answered as not found; whoever sees it and
may not do this is told so. `ReadableTask`, `EditableTask` and `AdminTask` give the experiment's id when it may be
read, changed, or managed and deleted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from azuraforge_api.auth.current import IdentityOf
from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_api.auth.repository import PlaceRepository
from azuraforge_api.errors import AccessRefused, NotFound
from azuraforge_api.parts import part
from azuraforge_api.paths import TaskId
from azuraforge_contracts import ErrorCode, Role, is_at_least, is_id
from azuraforge_ledger import ExperimentMissing

_PROJECTS_HINT = "The list of projects has the ids of those that you can see."
_NEEDS = {
    Role.VIEWER: "This needs somebody who may see the project.",
    Role.EDITOR: "This needs an editor of the project.",
    Role.ADMIN: "This needs an admin of the project.",
}


class ProjectAccess:
    """Finds where an experiment is and compares what its project asks for with what somebody has."""

    def __init__(self, places: PlaceRepository) -> None:
        self._places = places

    async def require(self, identity: Identity, task_id: str, *, role: Role) -> str:
        """The project of an experiment, if `identity` has at least `role` there.

        Raises:
            ExperimentMissing: there is no such experiment, or it cannot be seen.
            AccessRefused: it can be seen, and needs a higher role.
        """
        project = await self._places.project_of(task_id)
        if identity.role_in(project) is None:
            raise ExperimentMissing(task_id)
        require_role(identity, project, role=role)
        return project


def require_role(identity: Identity, project: str, *, role: Role) -> None:
    """Return if `identity` has at least `role` in a project.

    Raises:
        NotFound: it cannot see the project.
        AccessRefused: it has a lower role there.
    """
    has = identity.role_in(project)
    if has is None:
        raise NotFound("project", hint=_PROJECTS_HINT)
    if not is_at_least(has, role):
        hint = f"You act as {has} here. An admin of the project can change that, for an API key its scopes."
        raise AccessRefused(ErrorCode.FORBIDDEN, _NEEDS[role], hint=hint)


AccessOf = Annotated[ProjectAccess, Depends(part(ProjectAccess))]


def _task_for(role: Role) -> Callable[..., Awaitable[str]]:
    async def check(connection: HTTPConnection, task_id: TaskId, identity: IdentityOf, access: AccessOf) -> str:
        connection.scope["state"]["project"] = await access.require(identity, task_id, role=role)
        return task_id

    return check


ReadableTask = Annotated[str, Depends(_task_for(Role.VIEWER))]
"""Id of an experiment that may be read."""
EditableTask = Annotated[str, Depends(_task_for(Role.EDITOR))]
"""Id of an experiment that may be controlled."""
AdminTask = Annotated[str, Depends(_task_for(Role.ADMIN))]
"""Id of an experiment that may be deleted."""


def _project_for(role: Role) -> Callable[..., str]:
    def check(project_id: Annotated[str, Path(description="The project's id.")], identity: IdentityOf) -> str:
        if not is_id(project_id):
            raise NotFound("project", hint=_PROJECTS_HINT)
        require_role(identity, project_id, role=role)
        return project_id

    return check


ReadableProject = Annotated[str, Depends(_project_for(Role.VIEWER))]
"""Id of a project that may be read."""
AdminProject = Annotated[str, Depends(_project_for(Role.ADMIN))]
"""Id of a project that may be managed."""


def _platform_admin(identity: IdentityOf) -> Identity:
    if not identity.is_platform_admin:
        raise _forbidden("This needs an admin of the platform.", identity)
    return identity


PlatformAdmin = Annotated[Identity, Depends(_platform_admin)]
"""Who asks, if it manages the platform."""


def _unbounded(identity: IdentityOf) -> Identity:
    if not identity.is_unbounded:
        raise _forbidden("This API key is for less than that.", identity)
    return identity


Unbounded = Annotated[Identity, Depends(_unbounded)]
"""Who asks, if it may do all that its user may: everybody but API keys with less than every right."""


def _account_holder(identity: Unbounded) -> Identity:
    if not identity.user:
        raise _forbidden("The owner key has no account.", identity)
    return identity


AccountHolder = Annotated[Identity, Depends(_account_holder)]
"""Who asks, if it may manage its own account."""


def _forbidden(detail: str, identity: Identity) -> AccessRefused:
    if identity.kind is IdentityKind.API_KEY:
        hint = "Use a key with the scope `admin` that is for every project, or sign in."
    else:
        hint = "Sign in as somebody who may; `azuraforge users list` shows who manages the platform."
    return AccessRefused(ErrorCode.FORBIDDEN, detail, hint=hint)
