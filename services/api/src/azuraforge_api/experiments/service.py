"""What happens between a request and a queued experiment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from azuraforge_api.errors import ConfigRefused
from azuraforge_api.experiments.admission import Admission, Announce, below_config, hash_json
from azuraforge_api.experiments.repository import ExperimentRepository
from azuraforge_api.pipelines.config_schema import ConfigSchema
from azuraforge_api.pipelines.service import CatalogService
from azuraforge_contracts import (
    ExperimentAccepted,
    ExperimentCreate,
    ExperimentRead,
    PipelineManifest,
)
from azuraforge_ledger import IdempotencyKey, NewExperiment


class ExperimentService:
    """Accepts and cancels experiments. `announce` publishes events that are already stored."""

    def __init__(
        self,
        experiments: ExperimentRepository,
        *,
        catalog: CatalogService,
        admission: Admission,
        announce: Announce,
    ) -> None:
        self._experiments = experiments
        self._catalog = catalog
        self._admission = admission
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
        warnings = await self._admission.foresee(offer, config)
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
            priority=request.priority,
            time_limit_s=request.time_limit_s,
        )
        idempotency = (
            IdempotencyKey(owner=owner, key=key, body_hash=hash_json(request.model_dump(mode="json"))) if key else None
        )
        return await self._admission.admit(new, idempotency=idempotency)

    async def cancel(self, task_id: str) -> ExperimentRead:
        """Ask for its end; what waits ends at once, what runs stops at its next batch."""
        experiment, events = await self._experiments.request_cancel(task_id)
        await self._announce(events)
        return experiment


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


def hash_config(config: Mapping[str, Any]) -> str:
    """sha256 of the config's canonical form: sorted keys, no spaces."""
    return hash_json(config)


def find_seed(config: Mapping[str, Any]) -> int | None:
    """The seed, at the config's root or in its `training` part."""
    training = config.get("training")
    for part in (config, training if isinstance(training, Mapping) else {}):
        seed = part.get("seed")
        if isinstance(seed, int) and not isinstance(seed, bool):
            return seed
    return None
