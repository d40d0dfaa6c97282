"""Projects in the ledger, asked from the event loop."""

from __future__ import annotations

from collections.abc import Collection

from azuraforge_api.threads import Threads
from azuraforge_contracts import MemberRead, ProjectRead, Role
from azuraforge_ledger import By, Ledger


class ProjectRepository:
    """Every call is one transaction in a thread and raises what the ledger raises."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._projects = ledger.projects
        self._threads = threads

    async def get(self, project_id: str) -> ProjectRead:
        """One project."""
        return await self._threads.run(lambda: self._projects.get(project_id))

    async def list_all(self, ids: Collection[str] | None) -> list[ProjectRead]:
        """These projects, or every one, by name."""
        return await self._threads.run(lambda: self._projects.list_all(ids))

    async def create(self, name: str, *, admin: str | None, by: By) -> ProjectRead:
        """Make one."""
        return await self._threads.run(lambda: self._projects.create(name, admin=admin, by=by))

    async def change(self, project_id: str, *, name: str | None, is_archived: bool | None, by: By) -> ProjectRead:
        """Rename, archive or restore one."""
        change = self._projects.change
        return await self._threads.run(lambda: change(project_id, name=name, is_archived=is_archived, by=by))

    async def list_members(self, project_id: str) -> list[MemberRead]:
        """Whoever has a role in it."""
        return await self._threads.run(lambda: self._projects.list_members(project_id))

    async def put_member(self, project_id: str, *, user_name: str, role: Role, by: By) -> MemberRead:
        """Give a user a role in it."""
        put = self._projects.put_member
        return await self._threads.run(lambda: put(project_id, user_name=user_name, role=role, by=by))

    async def remove_member(self, project_id: str, *, user_id: str, by: By) -> None:
        """Take a user's role away."""
        await self._threads.run(lambda: self._projects.remove_member(project_id, user_id=user_id, by=by))
