"""What is done to an experiment that was accepted."""

from __future__ import annotations

from azuraforge_api.errors import ApiError
from azuraforge_api.experiments.admission import Admission, Announce
from azuraforge_api.experiments.control_repository import ControlRepository
from azuraforge_api.pipelines.service import CatalogService
from azuraforge_contracts import (
    CheckpointRead,
    ExperimentPatch,
    ExperimentRead,
    ExperimentState,
    ProofRead,
)
from azuraforge_ledger import Crew, Deleted


class ControlService:
    """Every action may be repeated: a repeat answers the same and changes nothing."""

    def __init__(
        self,
        control: ControlRepository,
        *,
        catalog: CatalogService,
        admission: Admission,
        announce: Announce,
    ) -> None:
        self._control = control
        self._catalog = catalog
        self._admission = admission
        self._announce = announce

    async def read(self, task_id: str) -> ExperimentRead:
        """Everything about it but its events, with its place while it is queued."""
        experiment = await self._control.get(task_id)
        if experiment.state != ExperimentState.QUEUED:
            return experiment
        crew = await self._find_crew(experiment.pipeline)
        place = await self._control.find_place(task_id, crew=crew)
        return experiment.model_copy(update={"queue": place})

    async def pause(self, task_id: str) -> ExperimentRead:
        """Ask for a rest: what waits rests at once, what trains writes a checkpoint at its next batch."""
        experiment, events = await self._control.request_pause(task_id)
        await self._announce(events)
        return experiment

    async def resume(self, task_id: str) -> ExperimentRead:
        """Queue it again, to go on where it stood."""
        experiment, events = await self._control.resume(task_id)
        if events:
            await self._admission.tell(task_id, events)
        return experiment

    async def amend(self, task_id: str, patch: ExperimentPatch) -> ExperimentRead:
        """Change name, priority or time limit."""
        return await self._control.amend(task_id, patch)

    async def archive(self, task_id: str) -> ExperimentRead:
        """Take it out of the lists."""
        return await self._control.archive(task_id)

    async def unarchive(self, task_id: str) -> ExperimentRead:
        """Put it back into the lists."""
        return await self._control.unarchive(task_id)

    async def delete(self, task_id: str) -> Deleted:
        """Delete it for good."""
        return await self._control.delete(task_id)

    async def list_checkpoints(self, task_id: str) -> list[CheckpointRead]:
        """Where it can be forked from."""
        return await self._control.list_checkpoints(task_id)

    async def compare(self, task_id: str, other: str) -> ProofRead:
        """Whether `other` is the same training."""
        return await self._control.compare(task_id, other)

    async def _find_crew(self, pipeline: str) -> Crew:
        """The live workers that offer a pipeline; none while nobody can tell."""
        try:
            catalog = await self._catalog.read()
        except ApiError:
            return Crew()
        workers = [worker for worker in catalog.live_workers if pipeline in worker.pipelines]
        return Crew(
            workers=frozenset(worker.worker_id for worker in workers),
            pipelines=frozenset(name for worker in workers for name in worker.pipelines),
            capacity=sum(worker.capacity for worker in workers),
        )
