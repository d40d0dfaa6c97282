"""`/api/v1/experiments`."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from azuraforge_api.audit.service import AuditOf
from azuraforge_api.auth.access import EditableTask, ReadableTask, require_role
from azuraforge_api.auth.current import IdentityOf
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.experiments.control import ControlService
from azuraforge_api.experiments.idempotency import IdempotencyHeader
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
from azuraforge_ledger import DEFAULT_PROJECT, ExperimentFilter, ExperimentOrder

ExperimentsOf = Annotated[ExperimentRepository, Depends(part(ExperimentRepository))]
ControlOf = Annotated[ControlService, Depends(part(ControlService))]
ServiceOf = Annotated[ExperimentService, Depends(part(ExperimentService))]


class Archived(StrEnum):
    """Which experiments a list shows."""

    NO = "no"
    YES = "yes"
    ALL = "all"


router = APIRouter(prefix="/experiments", tags=["experiments"])


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
    *,
    project: Annotated[str | None, Query(max_length=36, description="Only those of this project.")] = None,
    state: Annotated[list[ExperimentState] | None, Query(max_length=20, description="Any of these states.")] = None,
    pipeline: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text in name, pipeline or id.")] = None,
    archived: Annotated[Archived, Query(description="Those in the lists, the archived ones, or all.")] = Archived.NO,
) -> ExperimentFilter:
    projects: Collection[str] | None = identity.visible_projects
    if project:
        require_role(identity, project, role=Role.VIEWER)
        projects = [project]
    is_archived = None if archived == Archived.ALL else archived == Archived.YES
    return ExperimentFilter(
        states=state or (), pipeline=pipeline or None, text=q or None, projects=projects, is_archived=is_archived
    )


def _order(
    sort: Annotated[
        str,
        Query(
            pattern=r"(?s)^(created_at|updated_at|started_at|finished_at|name|score|metric:.{1,200})$",
            description="What the list is sorted by; `metric:NAME` is that metric at the last epoch. "
            "Experiments without the value come last.",
        ),
    ] = "created_at",
    order: Annotated[Literal["asc", "desc"], Query(description="Ties are newest first either way.")] = "desc",
) -> ExperimentOrder:
    return ExperimentOrder(sort, is_descending=order == "desc")


@router.get(
    "", operation_id="list_experiments", responses=problem_responses(ErrorCode.REQUEST_INVALID, ErrorCode.NOT_FOUND)
)
async def list_experiments(
    experiments: ExperimentsOf,
    wanted: Annotated[ExperimentFilter, Depends(_filter)],
    order: Annotated[ExperimentOrder, Depends(_order)],
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ExperimentPage:
    """A page of experiments, newest first if no order is given: of every project that the user can see, or of one."""
    return await experiments.list_page(wanted, order=order, cursor=cursor or None, limit=limit)


@router.get("/{task_id}", operation_id="read_experiment", responses=problem_responses(ErrorCode.NOT_FOUND))
async def read_experiment(control: ControlOf, task_id: ReadableTask) -> ExperimentRead:
    """Everything about one experiment but its events; while it is queued with its place and an estimate."""
    return await control.read(task_id)


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
