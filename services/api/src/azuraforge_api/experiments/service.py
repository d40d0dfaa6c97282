"""What happens between a request and a queued experiment."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from azuraforge_api.errors import ConfigRefused
from azuraforge_api.experiments.repository import ExperimentRepository
from azuraforge_api.pipelines.config_schema import ConfigSchema
from azuraforge_api.pipelines.preflight import Preflight
from azuraforge_api.pipelines.service import CatalogService, Offer
from azuraforge_contracts import (
    Event,
    ExperimentAccepted,
    ExperimentCreate,
    ExperimentRead,
    FieldProblem,
    PipelineManifest,
    WarningCode,
    WarningRaised,
)
from azuraforge_ledger import IdempotencyKey, NewExperiment

Announce = Callable[[Sequence[Event]], Awaitable[None]]


class Waker(Protocol):
    """Tells workers that there is something to do."""

    async def wake(self, task_id: str) -> bool:
        """Try once, shortly."""


class ExperimentService:
    """Accepts and cancels experiments. `announce` publishes events that are already stored."""

    def __init__(
        self,
        experiments: ExperimentRepository,
        *,
        catalog: CatalogService,
        preflight: Preflight,
        waker: Waker,
        announce: Announce,
    ) -> None:
        self._experiments = experiments
        self._catalog = catalog
        self._preflight = preflight
        self._waker = waker
        self._announce = announce

    async def submit(
        self, request: ExperimentCreate, *, project: str, created_by: str | None, owner: str, key: str | None
    ) -> ExperimentAccepted:
        """Store an experiment as queued and wake a worker; the outbox does both again if this process dies.

        Raises:
            PipelineUnknown: nobody offers it, nor did lately.
            ConfigRefused: its schema or a worker's preflight says no; one entry per field.
            LedgerError: IdempotencyMismatch, LedgerUnavailable.
        """
        offer = await self._catalog.find_offer(request.pipeline)
        config = await asyncio.to_thread(complete_config, offer.manifest, request.config)
        warnings = await self._foresee(offer, config)
        new = NewExperiment(
            pipeline=offer.manifest.name,
            pipeline_version=offer.manifest.version,
            name=request.name or offer.manifest.title.en,
            config=config,
            config_hash=hash_config(config),
            seed=find_seed(config),
            warnings=warnings,
            project=project,
            created_by=created_by,
        )
        idempotency = IdempotencyKey(owner=owner, key=key, body_hash=_hash_request(request)) if key else None
        submitted = await self._experiments.submit(new, idempotency=idempotency)
        experiment = submitted.experiment
        if submitted.is_new:
            await self._announce(submitted.events)
            await self._waker.wake(experiment.task_id)
        return ExperimentAccepted(
            task_id=experiment.task_id, state=experiment.state, warnings=[warning.code for warning in warnings]
        )

    async def cancel(self, task_id: str) -> ExperimentRead:
        """Ask for its end; what waits ends at once, what runs stops at its next batch."""
        experiment, events = await self._experiments.request_cancel(task_id)
        await self._announce(events)
        return experiment

    async def _foresee(self, offer: Offer, config: Mapping[str, Any]) -> list[WarningRaised]:
        """What a worker says of the config; nobody to ask is a warning, not a refusal."""
        if not offer.is_live:
            message = "No live worker offers this pipeline now; the experiment waits for one."
            return [WarningRaised(code=WarningCode.NO_LIVE_WORKER, message=message)]
        reply = await self._preflight.ask(offer.manifest.name, config)
        if reply is None or reply.status == "error":
            message = "No worker could check the config beforehand; problems with the data show when it starts."
            return [WarningRaised(code=WarningCode.PREFLIGHT_SKIPPED, message=message)]
        if reply.status == "refused":
            raise ConfigRefused(below_config(reply.errors))
        return [WarningRaised(code=WarningCode.DATA, message=text) for text in reply.warnings]


def complete_config(manifest: PipelineManifest, config: Mapping[str, Any]) -> dict[str, Any]:
    """`config` with every default filled in.

    Raises:
        ConfigRefused: it breaks the manifest's schema.
    """
    schema = ConfigSchema(manifest)
    filled = schema.fill(config)
    problems = schema.find_problems(filled)
    if problems:
        raise ConfigRefused(below_config(problems))
    return filled


def below_config(problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Problems of a config as problems of the request body that holds it."""
    return [problem.model_copy(update={"pointer": f"/config{problem.pointer}"}) for problem in problems]


def hash_config(config: Mapping[str, Any]) -> str:
    """sha256 of the config's canonical form: sorted keys, no spaces."""
    return hashlib.sha256(_canonical(config)).hexdigest()


def find_seed(config: Mapping[str, Any]) -> int | None:
    """The seed, at the config's root or in its `training` part."""
    training = config.get("training")
    for part in (config, training if isinstance(training, Mapping) else {}):
        seed = part.get("seed")
        if isinstance(seed, int) and not isinstance(seed, bool):
            return seed
    return None


def _hash_request(request: ExperimentCreate) -> str:
    return hashlib.sha256(_canonical(request.model_dump(mode="json"))).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
