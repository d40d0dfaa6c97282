"""`/api/v1/projects`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from azuraforge_api.auth.access import AdminProject, ReadableProject, Unbounded
from azuraforge_api.auth.current import ByOf, IdentityOf
from azuraforge_api.auth.routes import BODY_PROBLEMS
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_api.projects.service import ProjectService
from azuraforge_contracts import (
    ErrorCode,
    MemberList,
    MemberPut,
    MemberRead,
    ProjectChange,
    ProjectCreate,
    ProjectList,
    ProjectRead,
)

ProjectsOf = Annotated[ProjectService, Depends(part(ProjectService))]

router = APIRouter(prefix="/projects", tags=["projects"])


@router.get("", operation_id="list_projects", responses=problem_responses(ErrorCode.REQUEST_INVALID))
async def list_projects(
    projects: ProjectsOf,
    identity: IdentityOf,
    archived: Annotated[bool, Query(description="The archived ones too.")] = False,  # noqa: FBT002 - a query parameter
) -> ProjectList:
    """The projects that can be seen, by name, each with the role that one has there."""
    return await projects.list_for(identity, has_archived=archived)


@router.post(
    "",
    operation_id="create_project",
    status_code=201,
    responses=problem_responses(*BODY_PROBLEMS, ErrorCode.FORBIDDEN, ErrorCode.NAME_TAKEN),
    openapi_extra=json_body(ProjectCreate),
)
async def create_project(request: Request, projects: ProjectsOf, identity: Unbounded, by: ByOf) -> ProjectRead:
    """Make a project; whoever asks becomes its admin."""
    return await projects.create(await read_message(request, ProjectCreate), identity=identity, by=by)


@router.get("/{project_id}", operation_id="read_project", responses=problem_responses(ErrorCode.NOT_FOUND))
async def read_project(projects: ProjectsOf, identity: IdentityOf, project_id: ReadableProject) -> ProjectRead:
    """One project."""
    return await projects.get(project_id, identity=identity)


@router.patch(
    "/{project_id}",
    operation_id="change_project",
    responses=problem_responses(*BODY_PROBLEMS, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.NAME_TAKEN),
    openapi_extra=json_body(ProjectChange),
)
async def change_project(
    request: Request, projects: ProjectsOf, identity: IdentityOf, by: ByOf, project_id: AdminProject
) -> ProjectRead:
    """Rename, archive (nothing new is added, what is there can be read) or restore."""
    wanted = await read_message(request, ProjectChange)
    return await projects.change(project_id, wanted, identity=identity, by=by)


@router.get("/{project_id}/members", operation_id="list_members", responses=problem_responses(ErrorCode.NOT_FOUND))
async def list_members(projects: ProjectsOf, project_id: ReadableProject) -> MemberList:
    """Whoever has a role in the project, by name."""
    return await projects.list_members(project_id)


@router.post(
    "/{project_id}/members",
    operation_id="put_member",
    responses=problem_responses(*BODY_PROBLEMS, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND),
    openapi_extra=json_body(MemberPut),
)
async def put_member(request: Request, projects: ProjectsOf, by: ByOf, project_id: AdminProject) -> MemberRead:
    """Give a user a role, or another one; it holds at once."""
    return await projects.put_member(project_id, await read_message(request, MemberPut), by=by)


@router.delete(
    "/{project_id}/members/{user_id}",
    operation_id="remove_member",
    status_code=204,
    responses=problem_responses(ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.CSRF_REFUSED),
)
async def remove_member(projects: ProjectsOf, by: ByOf, project_id: AdminProject, user_id: str) -> None:
    """Take a user's role away; it holds at once."""
    await projects.remove_member(project_id, user_id, by=by)
