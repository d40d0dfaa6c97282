"""`/api/v1/auth`: links, and the session of this browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from azuraforge_api.auth.connections import OpenConnections
from azuraforge_api.auth.current import IdentityOf
from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_api.auth.service import AuthService
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.errors import AccessRefused
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import ErrorCode, LinkCreated, SessionRead, SignIn

AuthOf = Annotated[AuthService, Depends(part(AuthService))]
ConnectionsOf = Annotated[OpenConnections, Depends(part(OpenConnections))]

router = APIRouter(prefix="/auth", tags=["auth"])

COOKIE_MAX_AGE_S = 30 * 24 * 3600


@router.post("/links", operation_id="create_link", status_code=201, responses=problem_responses(ErrorCode.CSRF_REFUSED))
async def create_link(auth: AuthOf, identity: IdentityOf) -> LinkCreated:
    """Make a link that signs one browser in, once. Takes the owner key, not a session."""
    if identity.kind is not IdentityKind.OWNER_KEY:
        raise AccessRefused(
            ErrorCode.UNAUTHENTICATED, "Links are made with the owner key.", hint="Use `azuraforge link`."
        )
    return await auth.create_link()


@router.post(
    "/session",
    operation_id="sign_in",
    responses=problem_responses(
        ErrorCode.LINK_INVALID,
        ErrorCode.TOO_MANY_REQUESTS,
        ErrorCode.CSRF_REFUSED,
        ErrorCode.JSON_INVALID,
        ErrorCode.REQUEST_INVALID,
        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        ErrorCode.BODY_TOO_LARGE,
    ),
    openapi_extra=json_body(SignIn),
)
async def sign_in(request: Request, response: Response, auth: AuthOf) -> SessionRead:
    """Turn the token of a sign-in link into this browser's session cookie."""
    body = await read_message(request, SignIn)
    address = request.client.host if request.client else ""
    identity, token = await auth.sign_in(body.token, address=address)
    response.set_cookie(
        auth.cookie_name,
        token,
        max_age=COOKIE_MAX_AGE_S,
        path="/",
        secure=auth.is_https,
        httponly=True,
        samesite="strict",
    )
    return _read(identity)


@router.get("/session", operation_id="read_session", responses=problem_responses())
async def read_session(identity: IdentityOf) -> SessionRead:
    """Who is signed in."""
    return _read(identity)


def _read(identity: Identity) -> SessionRead:
    role = "admin" if identity.is_admin else "member"
    return SessionRead(user=identity.name, role=role, expires_at=identity.expires_at)


@router.delete(
    "/session", operation_id="sign_out", status_code=204, responses=problem_responses(ErrorCode.CSRF_REFUSED)
)
async def sign_out(
    request: Request, response: Response, auth: AuthOf, connections: ConnectionsOf, identity: IdentityOf
) -> None:
    """End this browser's session and close its sockets."""
    token = auth.read_cookie(request.headers)
    if token is not None and identity.kind is IdentityKind.SESSION:
        await auth.sign_out(token)
        connections.end_session(identity.session)
    response.delete_cookie(auth.cookie_name, path="/", secure=auth.is_https, httponly=True, samesite="strict")
