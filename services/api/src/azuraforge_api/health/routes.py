"""`/api/v1/health` and `/api/v1/ready`, both public."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from azuraforge_api.health.service import HealthService
from azuraforge_api.parts import part
from azuraforge_contracts import Health

HealthOf = Annotated[HealthService, Depends(part(HealthService))]

router = APIRouter(tags=["health"])


@router.get("/health", operation_id="read_health")
async def read_health(service: HealthOf) -> Health:
    """Alive."""
    return service.alive()


@router.get("/ready", operation_id="read_ready", responses={503: {"model": Health, "description": "Cannot serve now"}})
async def read_ready(service: HealthOf, response: Response) -> Health:
    """Can serve: 503 when the ledger is away."""
    health = await service.ready()
    if health.status == "unavailable":
        response.status_code = 503
    return health
