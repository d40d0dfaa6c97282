"""`GET /api/v1/pipelines`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from azuraforge_api.parts import part
from azuraforge_api.pipelines.service import CatalogService
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import Catalog, ErrorCode

CatalogOf = Annotated[CatalogService, Depends(part(CatalogService))]

router = APIRouter(tags=["pipelines"])


@router.get("/pipelines", operation_id="list_pipelines", responses=problem_responses(ErrorCode.BROKER_UNAVAILABLE))
async def list_pipelines(catalog: CatalogOf) -> Catalog:
    """What live workers offer, what they could not load, and who they are."""
    return await catalog.read()
