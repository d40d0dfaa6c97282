"""What somebody may do where: path dependencies that answer before a route runs.

Whoever cannot see a project learns nothing of it, so its experiments are answered as not found; whoever sees it and
may not do this is told so. `ReadableTask`, `EditableTask` and `AdminTask` give the experiment's id when it may be
read, changed, or managed and deleted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends

from azuraforge_api.auth.current import IdentityOf
from azuraforge_api.auth.identity import Identity
from azuraforge_api.auth.repository import PlaceRepository
from azuraforge_api.errors import AccessRefused, NotFound
from azuraforge_api.parts import part
from azuraforge_api.paths import TaskId
from azuraforge_contracts import ErrorCode, Role, is_at_least
from azuraforge_ledger import ExperimentMissing

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
        raise NotFound("project", hint="The list of projects has the ids of those that you can see.")
    if not is_at_least(has, role):
        hint = f"You act as {has} here. An admin of the project can change that, for an API key its scopes."
        raise AccessRefused(ErrorCode.FORBIDDEN, _NEEDS[role], hint=hint)


AccessOf = Annotated[ProjectAccess, Depends(part(ProjectAccess))]


def _task_for(role: Role) -> Callable[..., Awaitable[str]]:
    async def check(task_id: TaskId, identity: IdentityOf, access: AccessOf) -> str:
        await access.require(identity, task_id, role=role)
        return task_id

    return check


ReadableTask = Annotated[str, Depends(_task_for(Role.VIEWER))]
"""Id of an experiment that may be read."""
EditableTask = Annotated[str, Depends(_task_for(Role.EDITOR))]
"""Id of an experiment that may be controlled."""
AdminTask = Annotated[str, Depends(_task_for(Role.ADMIN))]
"""Id of an experiment that may be deleted."""
