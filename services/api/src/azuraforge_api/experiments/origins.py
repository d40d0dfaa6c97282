"""New experiments made from others: run again, tried again, forked, proved.

What has ended never changes, so each of them is an experiment of its own that names its parent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from azuraforge_api.errors import ConfigRefused
from azuraforge_api.experiments.admission import Admission, hash_json
from azuraforge_api.experiments.control_repository import ControlRepository
from azuraforge_api.experiments.merge_patch import merge_patch
from azuraforge_api.experiments.service import complete_config, find_seed, hash_config
from azuraforge_api.pipelines.service import CatalogService
from azuraforge_contracts import (
    ControlAction,
    ExperimentAccepted,
    ExperimentRead,
    ExperimentState,
    FieldProblem,
    ForkPoint,
    ForkRequest,
    Origin,
    RerunRequest,
)
from azuraforge_ledger import CheckpointMissing, IdempotencyKey, NewExperiment, StateConflict

_RETRIED: Final = frozenset({ExperimentState.FAILED, ExperimentState.CANCELLED})


@dataclass(frozen=True)
class Asker:
    """Who asks: the user if there is one, whose idempotency keys they are, and the key of this request."""

    user: str | None
    owner: str
    key: str | None


class OriginService:
    """Makes experiments from experiments."""

    def __init__(self, control: ControlRepository, *, catalog: CatalogService, admission: Admission) -> None:
        self._control = control
        self._catalog = catalog
        self._admission = admission

    async def rerun(self, task_id: str, request: RerunRequest, *, asker: Asker) -> ExperimentAccepted:
        """The same config again, from where the parent began: a fork from its checkpoint, anything else from nothing.

        Raises:
            ExperimentMissing, PipelineUnknown, ConfigRefused: as a submission's.
        """
        parent = await self._control.get(task_id)
        made = _Made(ControlAction.RERUN, Origin.RERUN, parent.fork_point)
        return await self._make(parent, request, made=made, asker=asker)

    async def retry(self, task_id: str, request: RerunRequest, *, asker: Asker) -> ExperimentAccepted:
        """The same config, continued from the last kept checkpoint of a parent that failed or was cancelled.

        Raises:
            StateConflict: it did neither.
        """
        parent = await self._control.get(task_id)
        if parent.state not in _RETRIED:
            raise StateConflict(task_id, state=parent.state, wanted="be retried")
        try:
            point: ForkPoint | None = await self._control.find_fork_point(task_id, seq=None, epoch=None)
        except CheckpointMissing:  # it kept none: from where it began
            point = parent.fork_point
        return await self._make(parent, request, made=_Made(ControlAction.RETRY, Origin.RERUN, point), asker=asker)

    async def prove(self, task_id: str, request: RerunRequest, *, asker: Asker) -> ExperimentAccepted:
        """The same training again, to be compared with its parent.

        Raises:
            StateConflict: the parent has not succeeded, so there is nothing to prove.
        """
        parent = await self._control.get(task_id)
        if parent.state != ExperimentState.SUCCEEDED:
            raise StateConflict(task_id, state=parent.state, wanted="be proved")
        made = _Made(ControlAction.PROVE, Origin.PROOF, parent.fork_point)
        return await self._make(parent, request, made=made, asker=asker)

    async def fork(self, task_id: str, request: ForkRequest, *, asker: Asker) -> ExperimentAccepted:
        """The parent's state at a kept checkpoint, with another config.

        Raises:
            CheckpointMissing: none is kept there.
            ConfigRefused: the changed config cannot train, or has another seed. Pointers start at `/changes`.
        """
        parent = await self._control.get(task_id)
        point = await self._control.find_fork_point(task_id, seq=request.seq, epoch=request.epoch)
        made = _Made(ControlAction.FORK, Origin.FORK, point, changes=request.changes)
        try:
            return await self._make(parent, request, made=made, asker=asker)
        except ConfigRefused as refused:
            raise ConfigRefused([_below_changes(one) for one in refused.errors]) from None

    async def _make(
        self, parent: ExperimentRead, request: RerunRequest, *, made: _Made, asker: Asker
    ) -> ExperimentAccepted:
        offer = await self._catalog.find_offer(parent.pipeline)
        config: dict[str, Any] = dict(parent.config)
        if made.changes:
            config = await asyncio.to_thread(complete_config, offer.manifest, merge_patch(config, made.changes))
        if made.action == ControlAction.FORK:
            _expect_same_seed(parent.config, config)
        warnings = await self._admission.foresee(offer, config)
        new = NewExperiment(
            pipeline=parent.pipeline,
            pipeline_version=offer.manifest.version,
            name=request.name or parent.name,
            config=config,
            config_hash=hash_config(config) if made.changes else parent.config_hash,
            seed=find_seed(config),
            warnings=warnings,
            project=parent.project,
            created_by=asker.user,
            priority=parent.priority if request.priority is None else request.priority,
            time_limit_s=parent.time_limit_s,
            parent=parent.task_id,
            origin=made.origin,
            fork_point=made.point,
        )
        body = [made.action, parent.task_id, request.model_dump(mode="json")]
        key = IdempotencyKey(owner=asker.owner, key=asker.key, body_hash=hash_json(body)) if asker.key else None
        return await self._admission.admit(new, idempotency=key)


@dataclass(frozen=True)
class _Made:
    """How a new experiment comes from its parent."""

    action: ControlAction
    origin: Origin
    point: ForkPoint | None
    changes: Mapping[str, Any] | None = None


def _expect_same_seed(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """A checkpoint holds the state of every random source, which another seed would contradict."""
    if find_seed(before) == find_seed(after):
        return
    pointer = "/config/seed" if "seed" in after else "/config/training/seed"
    message = "A fork goes on with the random numbers of its checkpoint: leave the seed as it is."
    raise ConfigRefused([FieldProblem(pointer=pointer, code="const", message=message)])


def _below_changes(problem: FieldProblem) -> FieldProblem:
    return problem.model_copy(update={"pointer": f"/changes{problem.pointer.removeprefix('/config')}"})
