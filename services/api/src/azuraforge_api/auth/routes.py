"""`/api/v1/auth`: links, and the session of this browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from azuraforge_api.auth.cookies import drop_cookie, put_cookie, read_cookie, speaks_https
from azuraforge_api.auth.current import ByOf, IdentityOf, VisitorOf
from azuraforge_api.auth.identity import Identity, IdentityKind
from azuraforge_api.auth.service import AuthService, identity_of
from azuraforge_api.auth.sign_in import SignInService
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.errors import AccessRefused
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import (
    ErrorCode,
    LinkCreate,
    LinkCreated,
    LinkRead,
    LinkToken,
    SessionProject,
    SessionRead,
    SignIn,
)
from azuraforge_ledger import By

AuthOf = Annotated[AuthService, Depends(part(AuthService))]
SignInOf = Annotated[SignInService, Depends(part(SignInService))]

router = APIRouter(prefix="/auth", tags=["auth"])

BODY_PROBLEMS = (
    ErrorCode.JSON_INVALID,
    ErrorCode.REQUEST_INVALID,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.BODY_TOO_LARGE,
    ErrorCode.CSRF_REFUSED,
)


@router.post(
    "/links",
    operation_id="create_link",
    status_code=201,
    responses=problem_responses(*BODY_PROBLEMS, ErrorCode.FORBIDDEN, ErrorCode.CONFLICT, ErrorCode.NOT_FOUND),
    openapi_extra=json_body(LinkCreate, is_required=False),
)
async def create_link(request: Request, signing: SignInOf, identity: IdentityOf, by: ByOf) -> LinkCreated:
    """Make a link with the owner key: for the first admin while there is none, else one that signs a user in."""
    if identity.kind is not IdentityKind.OWNER_KEY:
        raise AccessRefused(ErrorCode.FORBIDDEN, "Links are made with the owner key.", hint="Use `azuraforge link`.")
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    wanted = await read_message(request, LinkCreate) if has_body else LinkCreate()
    return await signing.create_link(wanted, by=by)


@router.post(
    "/links/read",
    operation_id="read_link",
    responses=problem_responses(*BODY_PROBLEMS, ErrorCode.LINK_INVALID, ErrorCode.TOO_MANY_REQUESTS),
    openapi_extra=json_body(LinkToken),
)
async def read_link(request: Request, signing: SignInOf, visitor: VisitorOf) -> LinkRead:
    """What a link is for, without using it up."""
    body = await read_message(request, LinkToken)
    return await signing.read_link(body.token, visitor=visitor)


@router.post(
    "/session",
    operation_id="sign_in",
    responses=problem_responses(
        *BODY_PROBLEMS,
        ErrorCode.CREDENTIALS_INVALID,
        ErrorCode.LINK_INVALID,
        ErrorCode.PASSWORD_REQUIRED,
        ErrorCode.PASSWORD_UNUSABLE,
        ErrorCode.NAME_TAKEN,
        ErrorCode.TOO_MANY_REQUESTS,
    ),
    openapi_extra=json_body(SignIn),
)
async def sign_in(
    request: Request, response: Response, signing: SignInOf, auth: AuthOf, visitor: VisitorOf
) -> SessionRead:
    """Turn a name and a password, or the token of a link, into this browser's session cookie."""
    body, is_https = await read_message(request, SignIn), speaks_https(request)
    signed_in = await signing.sign_in(body, visitor=visitor)
    before = read_cookie(request.headers, is_https=is_https)
    if before is not None:
        await auth.sign_out(before, by=By(signed_in.person.id, signed_in.person.name, visitor.address))
    put_cookie(response, signed_in.token, is_https=is_https)
    return _read(identity_of(signed_in))


@router.get("/session", operation_id="read_session", responses=problem_responses())
async def read_session(identity: IdentityOf) -> SessionRead:
    """Who is signed in, and what it may do."""
    return _read(identity)


@router.delete(
    "/session", operation_id="sign_out", status_code=204, responses=problem_responses(ErrorCode.CSRF_REFUSED)
)
async def sign_out(request: Request, response: Response, auth: AuthOf, identity: IdentityOf, by: ByOf) -> None:
    """End this browser's session and close its sockets."""
    is_https = speaks_https(request)
    token = read_cookie(request.headers, is_https=is_https)
    if token is not None and identity.kind is IdentityKind.SESSION:
        await auth.sign_out(token, by=by)
    drop_cookie(response, is_https=is_https)


def _read(identity: Identity) -> SessionRead:
    return SessionRead(
        user=identity.name,
        role="admin" if identity.is_admin else "member",
        expires_at=identity.expires_at,
        user_id=identity.user,
        kind=identity.kind,
        is_admin=identity.is_admin,
        scopes=sorted(identity.scopes),
        project=identity.project,
        projects=[SessionProject(project=key, role=role) for key, role in sorted(identity.roles.items())],
    )
