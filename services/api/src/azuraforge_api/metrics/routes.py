"""`/api/v1/experiments/{task_id}/metrics`: one metric's history, downsampled."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from azuraforge_api.auth.access import ReadableTask
from azuraforge_api.metrics.repository import MetricRepository
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import ErrorCode, MetricHistory

MetricsOf = Annotated[MetricRepository, Depends(part(MetricRepository))]

router = APIRouter(prefix="/experiments/{task_id}/metrics", tags=["events"])


@router.get(
    "",
    operation_id="read_metric",
    responses=problem_responses(ErrorCode.NOT_FOUND, ErrorCode.REQUEST_INVALID),
)
async def read_metric(
    metrics: MetricsOf,
    task_id: ReadableTask,
    name: Annotated[str, Query(min_length=1, max_length=200, description="Name of the metric.")],
    points: Annotated[int, Query(ge=1, le=2000, description="At most this many buckets.")] = 500,
) -> MetricHistory:
    """How a metric went: smallest, largest and mean value of neighbouring epochs. Empty if there is no such metric."""
    return await metrics.read_history(task_id, name, points=points)
