"""The last steps before an experiment is queued, whoever made it up: ask a worker, store it, wake somebody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from azuraforge_api.errors import ConfigRefused
from azuraforge_api.experiments.repository import ExperimentRepository
from azuraforge_api.pipelines.preflight import Preflight
from azuraforge_api.pipelines.service import Offer
from azuraforge_contracts import Event, ExperimentAccepted, FieldProblem, WarningCode, WarningRaised
from azuraforge_ledger import IdempotencyKey, NewExperiment

Announce = Callable[[Sequence[Event]], Awaitable[None]]


class Waker(Protocol):
    """Tells workers that there is something to do."""

    async def wake(self, task_id: str) -> bool:
        """Try once, shortly."""


class Admission:
    """Lets experiments into the queue. `announce` publishes events that are already stored."""

    def __init__(
        self, experiments: ExperimentRepository, *, preflight: Preflight, waker: Waker, announce: Announce
    ) -> None:
        self._experiments = experiments
        self._preflight = preflight
        self._waker = waker
        self._announce = announce

    async def foresee(self, offer: Offer, config: Mapping[str, Any]) -> list[WarningRaised]:
        """What a worker says of the config; nobody to ask is a warning, not a refusal.

        Raises:
            ConfigRefused: it could not train; one entry per field, pointers below `/config`.
        """
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

    async def admit(self, new: NewExperiment, *, idempotency: IdempotencyKey | None) -> ExperimentAccepted:
        """Store it as queued and wake a worker; the outbox does both again if this process dies.

        Raises:
            LedgerError: IdempotencyMismatch, ExperimentMissing, CheckpointMissing, LedgerUnavailable.
        """
        submitted = await self._experiments.submit(new, idempotency=idempotency)
        experiment = submitted.experiment
        if submitted.is_new:
            await self.tell(experiment.task_id, submitted.events)
        return ExperimentAccepted(
            task_id=experiment.task_id, state=experiment.state, warnings=[warning.code for warning in new.warnings]
        )

    async def tell(self, task_id: str, events: Sequence[Event]) -> None:
        """Publish what was stored of an experiment that is queued, and wake a worker."""
        await self._announce(events)
        await self._waker.wake(task_id)


def below_config(problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Problems of a config as problems of the request body that holds it."""
    return [problem.model_copy(update={"pointer": f"/config{problem.pointer}"}) for problem in problems]


def hash_json(value: Any) -> str:
    """sha256 of the canonical form: sorted keys, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
