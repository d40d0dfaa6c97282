"""`/api/v1/auth/sessions` and `/auth/password`: what somebody does with their own account."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from azuraforge_api.auth.access import AccountHolder
from azuraforge_api.auth.current import ByOf
from azuraforge_api.auth.routes import BODY_PROBLEMS, AuthOf, SignInOf
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import ErrorCode, PasswordChange, SessionList

router = APIRouter(prefix="/auth", tags=["auth"])


@router.get("/sessions", operation_id="list_sessions", responses=problem_responses(ErrorCode.FORBIDDEN))
async def list_sessions(auth: AuthOf, identity: AccountHolder) -> SessionList:
    """One's own sessions, the one used last first."""
    return SessionList(items=await auth.list_sessions(identity))


@router.delete(
    "/sessions",
    operation_id="end_other_sessions",
    status_code=204,
    responses=problem_responses(ErrorCode.FORBIDDEN, ErrorCode.CSRF_REFUSED),
)
async def end_other_sessions(auth: AuthOf, identity: AccountHolder, by: ByOf) -> None:
    """End every one of one's own sessions but this one; their sockets close."""
    await auth.end_other_sessions(identity, by=by)


@router.delete(
    "/sessions/{session_id}",
    operation_id="end_session",
    status_code=204,
    responses=problem_responses(ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.CSRF_REFUSED),
)
async def end_session(auth: AuthOf, identity: AccountHolder, by: ByOf, session_id: str) -> None:
    """End one of one's own sessions; its sockets close."""
    await auth.end_session(identity, session_id, by=by)


@router.post(
    "/password",
    operation_id="change_password",
    status_code=204,
    responses=problem_responses(
        *BODY_PROBLEMS,
        ErrorCode.FORBIDDEN,
        ErrorCode.CREDENTIALS_INVALID,
        ErrorCode.PASSWORD_UNUSABLE,
        ErrorCode.TOO_MANY_REQUESTS,
    ),
    openapi_extra=json_body(PasswordChange),
)
async def change_password(request: Request, signing: SignInOf, identity: AccountHolder, by: ByOf) -> None:
    """Replace one's own password; every other session ends."""
    await signing.change_password(identity, await read_message(request, PasswordChange), by=by)
