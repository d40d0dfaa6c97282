"""`/api/v1/users`, for admins of the platform."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from azuraforge_api.auth.access import PlatformAdmin
from azuraforge_api.auth.current import ByOf
from azuraforge_api.auth.routes import BODY_PROBLEMS
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_api.users.service import UserService
from azuraforge_contracts import (
    ErrorCode,
    LinkCreated,
    UserChange,
    UserCreate,
    UserCreated,
    UserList,
    UserRead,
)

UsersOf = Annotated[UserService, Depends(part(UserService))]

router = APIRouter(prefix="/users", tags=["users"])


@router.get("", operation_id="list_users", responses=problem_responses(ErrorCode.FORBIDDEN))
async def list_users(users: UsersOf, _: PlatformAdmin) -> UserList:
    """Every user, by name; the disabled ones too."""
    return await users.list_all()


@router.post(
    "",
    operation_id="create_user",
    status_code=201,
    responses=problem_responses(
        *BODY_PROBLEMS,
        ErrorCode.FORBIDDEN,
        ErrorCode.NOT_FOUND,
        ErrorCode.NAME_TAKEN,
        ErrorCode.PASSWORD_UNUSABLE,
        ErrorCode.TOO_MANY_REQUESTS,
    ),
    openapi_extra=json_body(UserCreate),
)
async def create_user(request: Request, users: UsersOf, _: PlatformAdmin, by: ByOf) -> UserCreated:
    """Make a user. Without a password the answer carries a link to send, with which the user chooses one."""
    return await users.create(await read_message(request, UserCreate), by=by)


@router.get(
    "/{user_id}", operation_id="read_user", responses=problem_responses(ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND)
)
async def read_user(users: UsersOf, _: PlatformAdmin, user_id: str) -> UserRead:
    """One user."""
    return await users.get(user_id)


@router.patch(
    "/{user_id}",
    operation_id="change_user",
    responses=problem_responses(
        *BODY_PROBLEMS, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.NAME_TAKEN, ErrorCode.LAST_ADMIN
    ),
    openapi_extra=json_body(UserChange),
)
async def change_user(request: Request, users: UsersOf, _: PlatformAdmin, by: ByOf, user_id: str) -> UserRead:
    """Rename, make an admin or no longer one, disable (sessions end, keys stop) or enable again."""
    return await users.change(user_id, await read_message(request, UserChange), by=by)


@router.post(
    "/{user_id}/links",
    operation_id="create_password_link",
    status_code=201,
    responses=problem_responses(ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.CSRF_REFUSED),
)
async def create_password_link(users: UsersOf, _: PlatformAdmin, by: ByOf, user_id: str) -> LinkCreated:
    """A link to send, with which the user chooses a password: the first one, or a new one."""
    return await users.create_link(user_id, by=by)
