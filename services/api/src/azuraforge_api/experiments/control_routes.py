"""`/api/v1/experiments/{task_id}/…`: what is done to an experiment, and what is made from it."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from azuraforge_api.audit.service import AuditOf
from azuraforge_api.auth.access import AccessOf, AdminTask, EditableTask, ReadableTask
from azuraforge_api.auth.current import IdentityOf
from azuraforge_api.auth.identity import Identity
from azuraforge_api.bodies import json_body, read_message
from azuraforge_api.errors import NotFound
from azuraforge_api.experiments.control import ControlService
from azuraforge_api.experiments.idempotency import IdempotencyHeader
from azuraforge_api.experiments.origins import Asker, OriginService
from azuraforge_api.parts import part
from azuraforge_api.problems import problem_responses
from azuraforge_contracts import (
    AuditAction,
    CheckpointRead,
    ErrorCode,
    ExperimentAccepted,
    ExperimentPatch,
    ExperimentRead,
    ForkRequest,
    ProofRead,
    RerunRequest,
    Role,
    is_id,
)
from azuraforge_contracts import Request as RequestMessage
from azuraforge_contracts.names import API_PREFIX

ControlOf = Annotated[ControlService, Depends(part(ControlService))]
OriginsOf = Annotated[OriginService, Depends(part(OriginService))]
M = TypeVar("M", bound=RequestMessage)

router = APIRouter(prefix="/experiments/{task_id}", tags=["experiments"])

_CHANGING: Final = (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN, ErrorCode.STATE_CONFLICT, ErrorCode.CSRF_REFUSED)
_WITH_BODY: Final = (
    ErrorCode.REQUEST_INVALID,
    ErrorCode.JSON_INVALID,
    ErrorCode.BODY_TOO_LARGE,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
)
_MAKING: Final = (
    *_CHANGING,
    *_WITH_BODY,
    ErrorCode.CONFIG_INVALID,
    ErrorCode.PIPELINE_UNKNOWN,
    ErrorCode.PROJECT_ARCHIVED,
    ErrorCode.IDEMPOTENCY_MISMATCH,
    ErrorCode.LEDGER_UNAVAILABLE,
    ErrorCode.BROKER_UNAVAILABLE,
)
_OPTIONAL_RERUN: Final = json_body(RerunRequest, is_required=False)


@router.post("/pause", operation_id="pause_experiment", status_code=202, responses=problem_responses(*_CHANGING))
async def pause_experiment(control: ControlOf, audit: AuditOf, task_id: EditableTask) -> ExperimentRead:
    """Let it rest. What waits rests at once; what trains writes a checkpoint at its next batch and is `pausing`."""
    experiment = await control.pause(task_id)
    await audit.note(AuditAction.EXPERIMENT_PAUSED, task_id)
    return experiment


@router.post("/resume", operation_id="resume_experiment", status_code=202, responses=problem_responses(*_CHANGING))
async def resume_experiment(control: ControlOf, audit: AuditOf, task_id: EditableTask) -> ExperimentRead:
    """Queue what is paused; it goes on where it stood."""
    experiment = await control.resume(task_id)
    await audit.note(AuditAction.EXPERIMENT_RESUMED, task_id)
    return experiment


@router.patch(
    "",
    operation_id="change_experiment",
    responses=problem_responses(*_CHANGING, *_WITH_BODY),
    openapi_extra=json_body(ExperimentPatch),
)
async def change_experiment(
    request: Request, control: ControlOf, audit: AuditOf, task_id: EditableTask
) -> ExperimentRead:
    """Change its name, and while it has not ended its priority and time limit. What is left out stays."""
    patch = await read_message(request, ExperimentPatch)
    experiment = await control.amend(task_id, patch)
    changed = patch.model_dump(mode="json", exclude_unset=True)
    await audit.note(AuditAction.EXPERIMENT_CHANGED, task_id, detail=changed)
    return experiment


@router.post("/archive", operation_id="archive_experiment", responses=problem_responses(*_CHANGING))
async def archive_experiment(control: ControlOf, audit: AuditOf, task_id: EditableTask) -> ExperimentRead:
    """Take an ended experiment out of the lists; nothing of it is lost."""
    experiment = await control.archive(task_id)
    await audit.note(AuditAction.EXPERIMENT_ARCHIVED, task_id)
    return experiment


@router.post("/unarchive", operation_id="unarchive_experiment", responses=problem_responses(*_CHANGING))
async def unarchive_experiment(control: ControlOf, audit: AuditOf, task_id: EditableTask) -> ExperimentRead:
    """Put it back into the lists."""
    experiment = await control.unarchive(task_id)
    await audit.note(AuditAction.EXPERIMENT_RESTORED, task_id)
    return experiment


@router.delete(
    "",
    operation_id="delete_experiment",
    status_code=204,
    responses=problem_responses(*_CHANGING, ErrorCode.REFERENCED),
)
async def delete_experiment(control: ControlOf, audit: AuditOf, task_id: AdminTask) -> None:
    """Delete an ended experiment for good, with its history and the files that no other one has.

    Refused while something was made from it; the problem's `errors` name what. A repeat finds nothing: 404.
    """
    deleted = await control.delete(task_id)
    await audit.note(AuditAction.EXPERIMENT_DELETED, task_id, project=deleted.project, detail={"name": deleted.name})


@router.get("/checkpoints", operation_id="list_checkpoints", responses=problem_responses(ErrorCode.NOT_FOUND))
async def list_checkpoints(control: ControlOf, task_id: ReadableTask) -> list[CheckpointRead]:
    """Its newest checkpoints, newest first, and every kept one; those with `is_kept` can be forked from."""
    return await control.list_checkpoints(task_id)


@router.post(
    "/rerun",
    operation_id="rerun_experiment",
    status_code=202,
    responses=problem_responses(*_MAKING),
    openapi_extra=_OPTIONAL_RERUN,
)
async def rerun_experiment(
    request: Request,
    response: Response,
    *,
    origins: OriginsOf,
    identity: IdentityOf,
    audit: AuditOf,
    task_id: EditableTask,
    key: IdempotencyHeader = None,
) -> ExperimentAccepted:
    """A new experiment with the same config, from where this one began."""
    body = await _read_optional(request, RerunRequest)
    accepted = await origins.rerun(task_id, body, asker=_asker(identity, key))
    await audit.note(AuditAction.EXPERIMENT_CREATED, accepted.task_id, detail={"parent": task_id})
    return _located(accepted, response)


@router.post(
    "/retry",
    operation_id="retry_experiment",
    status_code=202,
    responses=problem_responses(*_MAKING),
    openapi_extra=_OPTIONAL_RERUN,
)
async def retry_experiment(
    request: Request,
    response: Response,
    *,
    origins: OriginsOf,
    identity: IdentityOf,
    audit: AuditOf,
    task_id: EditableTask,
    key: IdempotencyHeader = None,
) -> ExperimentAccepted:
    """A new experiment that continues this failed or cancelled one from its last kept checkpoint.

    What has ended never changes, so the answer names another experiment, whose parent this one is.
    """
    body = await _read_optional(request, RerunRequest)
    accepted = await origins.retry(task_id, body, asker=_asker(identity, key))
    await audit.note(AuditAction.EXPERIMENT_RETRIED, accepted.task_id, detail={"parent": task_id})
    return _located(accepted, response)


@router.post(
    "/fork",
    operation_id="fork_experiment",
    status_code=202,
    responses=problem_responses(*_MAKING, ErrorCode.CHECKPOINT_MISSING),
    openapi_extra=json_body(ForkRequest),
)
async def fork_experiment(
    request: Request,
    response: Response,
    *,
    origins: OriginsOf,
    identity: IdentityOf,
    audit: AuditOf,
    task_id: EditableTask,
    key: IdempotencyHeader = None,
) -> ExperimentAccepted:
    """A new experiment that starts at a kept checkpoint of this one, with a changed config."""
    body = await read_message(request, ForkRequest)
    accepted = await origins.fork(task_id, body, asker=_asker(identity, key))
    await audit.note(AuditAction.EXPERIMENT_FORKED, accepted.task_id, detail={"parent": task_id})
    return _located(accepted, response)


@router.post(
    "/prove",
    operation_id="prove_experiment",
    status_code=202,
    responses=problem_responses(*_MAKING),
    openapi_extra=_OPTIONAL_RERUN,
)
async def prove_experiment(
    request: Request,
    response: Response,
    *,
    origins: OriginsOf,
    identity: IdentityOf,
    audit: AuditOf,
    task_id: EditableTask,
    key: IdempotencyHeader = None,
) -> ExperimentAccepted:
    """Train this succeeded experiment again, to compare the two by `GET …/proof/{other}`."""
    body = await _read_optional(request, RerunRequest)
    accepted = await origins.prove(task_id, body, asker=_asker(identity, key))
    await audit.note(AuditAction.EXPERIMENT_CREATED, accepted.task_id, detail={"parent": task_id})
    return _located(accepted, response)


@router.get("/proof/{other}", operation_id="read_proof", responses=problem_responses(ErrorCode.NOT_FOUND))
async def read_proof(
    control: ControlOf,
    access: AccessOf,
    identity: IdentityOf,
    task_id: ReadableTask,
    other: Annotated[str, Path(description="The experiment to compare it with.")],
) -> ProofRead:
    """Whether the two are one training, bit for bit: every epoch's metrics and weights, and the final weights.

    While `other` trains the verdict is `pending`; the first difference is told as soon as it is there.
    """
    if not is_id(other):
        raise NotFound("experiment", hint="The list of experiments has the ids of those that exist.")
    await access.require(identity, other, role=Role.VIEWER)
    return await control.compare(task_id, other)


def _asker(identity: Identity, key: str | None) -> Asker:
    return Asker(user=identity.user or None, owner=identity.owner, key=key)


def _located(accepted: ExperimentAccepted, response: Response) -> ExperimentAccepted:
    response.headers["Location"] = f"{API_PREFIX}/experiments/{accepted.task_id}"
    return accepted


async def _read_optional(request: Request, model: type[M]) -> M:
    """The body, or its defaults where there is none."""
    has_none = request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    return model() if has_none else await read_message(request, model)
