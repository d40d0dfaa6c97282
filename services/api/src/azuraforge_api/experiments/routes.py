"""`/api/v1/experiments`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from azuraforge_api.audit.service import AuditOf
from azuraforge_api.auth.access import EditableTask, ReadableTask, require_role
from azuraforge_api.auth.current import IdentityOf
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.experiments.repository import ExperimentRepository
from azuraforge_api.experiments.service import ExperimentService
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import (
    AuditAction,
    ErrorCode,
    ExperimentAccepted,
    ExperimentCreate,
    ExperimentPage,
    ExperimentRead,
    ExperimentState,
    Role,
)
from azuraforge_contracts.names import API_PREFIX
from azuraforge_ledger import DEFAULT_PROJECT, ExperimentFilter

ExperimentsOf = Annotated[ExperimentRepository, Depends(part(ExperimentRepository))]
ServiceOf = Annotated[ExperimentService, Depends(part(ExperimentService))]

router = APIRouter(prefix="/experiments", tags=["experiments"])

IdempotencyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A repeat with the same key and body returns the first answer.",
    ),
]


@router.post(
    "",
    operation_id="create_experiment",
    status_code=202,
    responses=problem_responses(
        ErrorCode.CONFIG_INVALID,
        ErrorCode.PIPELINE_UNKNOWN,
        ErrorCode.REQUEST_INVALID,
        ErrorCode.NOT_FOUND,
        ErrorCode.FORBIDDEN,
        ErrorCode.PROJECT_ARCHIVED,
        ErrorCode.IDEMPOTENCY_MISMATCH,
        ErrorCode.JSON_INVALID,
        ErrorCode.BODY_TOO_LARGE,
        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        ErrorCode.CSRF_REFUSED,
        ErrorCode.LEDGER_UNAVAILABLE,
        ErrorCode.BROKER_UNAVAILABLE,
    ),
    openapi_extra=json_body(ExperimentCreate),
)
async def create_experiment(
    request: Request,
    response: Response,
    *,
    service: ServiceOf,
    identity: IdentityOf,
    audit: AuditOf,
    key: IdempotencyHeader = None,
) -> ExperimentAccepted:
    """Accept an experiment: it is durable when this answers, whatever happens to the broker."""
    body = await read_message(request, ExperimentCreate)
    project = body.project or identity.project or DEFAULT_PROJECT
    require_role(identity, project, role=Role.EDITOR)
    accepted = await service.submit(
        body, project=project, created_by=identity.user or None, owner=identity.owner, key=key
    )
    await audit.note(AuditAction.EXPERIMENT_CREATED, accepted.task_id, project=project)
    response.headers["Location"] = f"{API_PREFIX}/experiments/{accepted.task_id}"
    return accepted


def _filter(
    identity: IdentityOf,
    project: Annotated[str | None, Query(max_length=36, description="Only those of this project.")] = None,
    state: Annotated[list[ExperimentState] | None, Query(max_length=20, description="Any of these states.")] = None,
    pipeline: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text in name, pipeline or id.")] = None,
) -> ExperimentFilter:
    projects: Collection[str] | None = identity.visible_projects
    if project:
        require_role(identity, project, role=Role.VIEWER)
        projects = [project]
    return ExperimentFilter(states=state or (), pipeline=pipeline or None, text=q or None, projects=projects)


@router.get(
    "", operation_id="list_experiments", responses=problem_responses(ErrorCode.REQUEST_INVALID, ErrorCode.NOT_FOUND)
)
async def list_experiments(
    experiments: ExperimentsOf,
    wanted: Annotated[ExperimentFilter, Depends(_filter)],
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ExperimentPage:
    """A page of experiments, newest first: those of every project that the user can see, or of one."""
    return await experiments.list_page(wanted, cursor=cursor or None, limit=limit)


@router.get("/{task_id}", operation_id="read_experiment", responses=problem_responses(ErrorCode.NOT_FOUND))
async def read_experiment(experiments: ExperimentsOf, task_id: ReadableTask) -> ExperimentRead:
    """Everything about one experiment but its events."""
    return await experiments.get(task_id)


@router.post(
    "/{task_id}/cancel",
    operation_id="cancel_experiment",
    status_code=202,
    responses=problem_responses(
        ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.STATE_CONFLICT, ErrorCode.CSRF_REFUSED
    ),
)
async def cancel_experiment(service: ServiceOf, audit: AuditOf, task_id: EditableTask) -> ExperimentRead:
    """Ask for its end. What waits ends at once; what runs stops at its next batch."""
    experiment = await service.cancel(task_id)
    await audit.note(AuditAction.EXPERIMENT_CANCELLED, task_id)
    return experiment
