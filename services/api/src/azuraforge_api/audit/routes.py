"""`/api/v1/audit`, for admins of the platform."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from azuraforge_api.audit.repository import AuditRepository
from azuraforge_api.auth.access import PlatformAdmin
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import AuditAction, AuditPage, ErrorCode
from azuraforge_ledger import AuditFilter

router = APIRouter(prefix="/audit", tags=["audit"])


def _filter(
    action: Annotated[AuditAction | None, Query(description="Only this action.")] = None,
    actor: Annotated[str | None, Query(max_length=36, description="Only what this user did, or `owner_key`.")] = None,
    subject: Annotated[str | None, Query(max_length=36, description="Only what was done to this id.")] = None,
    project: Annotated[str | None, Query(max_length=36, description="Only in this project.")] = None,
) -> AuditFilter:
    return AuditFilter(action=action, actor=actor or None, subject=subject or None, project=project or None)


@router.get("", operation_id="list_audit", responses=problem_responses(ErrorCode.FORBIDDEN, ErrorCode.REQUEST_INVALID))
async def list_audit(
    audit: Annotated[AuditRepository, Depends(part(AuditRepository))],
    _: PlatformAdmin,
    wanted: Annotated[AuditFilter, Depends(_filter)],
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """Who did what, newest first."""
    return await audit.list_page(wanted, cursor=cursor or None, limit=limit)
