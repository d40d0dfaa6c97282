"""`/api/v1/experiments/{task_id}/logs`: what a running trainer said and used lately."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from azuraforge_api.auth.access import ReadableTask
from azuraforge_api.events.service import LiveService
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import ErrorCode, Recent

router = APIRouter(prefix="/experiments/{task_id}/logs", tags=["events"])


@router.get("", operation_id="read_logs", responses=problem_responses(ErrorCode.NOT_FOUND))
async def read_logs(live: Annotated[LiveService, Depends(part(LiveService))], task_id: ReadableTask) -> Recent:
    """The last 200 log records and 300 samples of the machine, oldest first; kept for an hour, and lost with Redis."""
    return await live.recent(task_id)
