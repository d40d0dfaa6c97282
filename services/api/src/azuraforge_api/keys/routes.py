"""`/api/v1/keys`: one's own API keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from azuraforge_api.auth.access import Unbounded
from azuraforge_api.auth.current import ByOf
from azuraforge_api.auth.routes import BODY_PROBLEMS
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.keys.service import KeyService
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import ErrorCode, KeyCreate, KeyCreated, KeyList

KeysOf = Annotated[KeyService, Depends(part(KeyService))]

router = APIRouter(prefix="/keys", tags=["keys"])


@router.get("", operation_id="list_keys", responses=problem_responses(ErrorCode.FORBIDDEN, ErrorCode.REQUEST_INVALID))
async def list_keys(
    keys: KeysOf,
    identity: Unbounded,
    everybodys: Annotated[bool, Query(alias="all", description="Everybody's, for admins of the platform.")] = False,  # noqa: FBT002 - a query parameter
) -> KeyList:
    """One's own keys that were not revoked, newest first. The owner key sees everybody's."""
    return await keys.list_for(identity, is_everybodys=everybodys)


@router.post(
    "",
    operation_id="create_key",
    status_code=201,
    responses=problem_responses(*BODY_PROBLEMS, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND),
    openapi_extra=json_body(KeyCreate),
)
async def create_key(request: Request, keys: KeysOf, identity: Unbounded, by: ByOf) -> KeyCreated:
    """Make a key. The answer is the only place where it is ever shown."""
    return await keys.create(await read_message(request, KeyCreate), identity=identity, by=by)


@router.delete(
    "/{key_id}",
    operation_id="revoke_key",
    status_code=204,
    responses=problem_responses(ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.CSRF_REFUSED),
)
async def revoke_key(keys: KeysOf, identity: Unbounded, by: ByOf, key_id: str) -> None:
    """End a key for good, at once; one's own, or anybody's for an admin of the platform."""
    await keys.revoke(key_id, identity=identity, by=by)
