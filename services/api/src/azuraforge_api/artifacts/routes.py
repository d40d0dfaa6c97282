"""`/api/v1/experiments/{task_id}/artifacts`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import FileResponse
from starlette.responses import Response

from azuraforge_api.artifacts.service import ArtifactService
from azuraforge_api.auth.access import ReadableTask
from azuraforge_api.edge.headers import SANDBOX_POLICY
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import ArtifactRead, ErrorCode

ArtifactsOf = Annotated[ArtifactService, Depends(part(ArtifactService))]

router = APIRouter(prefix="/experiments/{task_id}/artifacts", tags=["artifacts"])


@router.get("", operation_id="list_artifacts", responses=problem_responses(ErrorCode.NOT_FOUND))
async def list_artifacts(artifacts: ArtifactsOf, task_id: ReadableTask) -> list[ArtifactRead]:
    """The files that the experiment produced."""
    return await artifacts.list_for(task_id)


@router.get(
    "/{name}",
    operation_id="download_artifact",
    response_class=FileResponse,
    responses={
        200: {"description": "The file", "content": {"application/octet-stream": {}}},
        304: {"description": "The client has it already"},
        **problem_responses(ErrorCode.NOT_FOUND, ErrorCode.ARTIFACT_DAMAGED),
    },
)
async def download_artifact(
    artifacts: ArtifactsOf,
    task_id: ReadableTask,
    name: str,
    download: Annotated[bool, Query(description="Ask the browser to save it rather than show it.")] = False,  # noqa: FBT002 - a query parameter
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """One file, verified against its sha256. It runs no script: shown in a sandbox without origin or network."""
    found = await artifacts.open(task_id, name, is_download=download)
    headers = {
        "Cache-Control": "private, no-cache",
        "Content-Disposition": found.disposition,
        "Content-Security-Policy": SANDBOX_POLICY,
        "ETag": found.etag,
    }
    if if_none_match == found.etag:
        return Response(status_code=304, headers=headers)
    return FileResponse(found.path, media_type=found.media_type, headers=headers)
