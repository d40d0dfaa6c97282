"""What somebody does with projects and their members. Routes have checked who may."""

from __future__ import annotations

from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.identity import Identity
from azuraforge_api.plain_names import clean_name, read_name
from azuraforge_api.projects.repository import ProjectRepository
from azuraforge_contracts import (
    MemberList,
    MemberPut,
    MemberRead,
    ProjectChange,
    ProjectCreate,
    ProjectList,
    ProjectRead,
    Role,
)
from azuraforge_ledger import By


class ProjectService:
    """Makes and changes projects; a change of members holds at once, on every open connection too."""

    def __init__(self, projects: ProjectRepository, *, endings: Endings) -> None:
        self._projects = projects
        self._endings = endings

    async def list_for(self, identity: Identity, *, has_archived: bool) -> ProjectList:
        """The projects that can be seen, by name."""
        found = await self._projects.list_all(identity.visible_projects)
        shown = [one for one in found if has_archived or one.archived_at is None]
        return ProjectList(items=[_seen_by(identity, one) for one in shown])

    async def get(self, project_id: str, *, identity: Identity) -> ProjectRead:
        """One project.

        Raises:
            EntryMissing: there is none.
        """
        return _seen_by(identity, await self._projects.get(project_id))

    async def create(self, wanted: ProjectCreate, *, identity: Identity, by: By) -> ProjectRead:
        """Make a project; whoever asks becomes its admin.

        Raises:
            BodyRefused: the name cannot be used.
            NameTaken: there is one of this name.
        """
        made = await self._projects.create(read_name(wanted.name), admin=identity.user or None, by=by)
        return made.model_copy(update={"role": Role.ADMIN})

    async def change(self, project_id: str, wanted: ProjectChange, *, identity: Identity, by: By) -> ProjectRead:
        """Rename, archive or restore.

        Raises:
            BodyRefused: the name cannot be used.
            NameTaken: another one has this name.
            EntryMissing: there is no such project.
        """
        name = None if wanted.name is None else read_name(wanted.name)
        changed = await self._projects.change(project_id, name=name, is_archived=wanted.is_archived, by=by)
        return _seen_by(identity, changed)

    async def list_members(self, project_id: str) -> MemberList:
        """Whoever has a role in it, by name.

        Raises:
            EntryMissing: there is no such project.
        """
        await self._projects.get(project_id)
        return MemberList(items=await self._projects.list_members(project_id))

    async def put_member(self, project_id: str, wanted: MemberPut, *, by: By) -> MemberRead:
        """Give a user a role, or another one.

        Raises:
            EntryMissing: the project or the user is not there.
        """
        member = await self._projects.put_member(project_id, user_name=clean_name(wanted.user), role=wanted.role, by=by)
        await self._endings.announce(users=[member.user])
        return member

    async def remove_member(self, project_id: str, user_id: str, *, by: By) -> None:
        """Take a user's role away.

        Raises:
            EntryMissing: the user has none there.
        """
        await self._projects.remove_member(project_id, user_id=user_id, by=by)
        await self._endings.announce(users=[user_id])


def _seen_by(identity: Identity, project: ProjectRead) -> ProjectRead:
    return project.model_copy(update={"role": identity.role_in(project.id)})
