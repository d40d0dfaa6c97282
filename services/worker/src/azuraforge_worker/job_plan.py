"""From a claim to a running trainer: where to continue, what to be told, which environment to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from azuraforge_contracts import Job, WarningCode, WarningRaised
from azuraforge_ledger import ArtifactStore, Claim
from azuraforge_worker.attempt_folder import experiment_folder, verify_checkpoint, write_job
from azuraforge_worker.environment import child_environment
from azuraforge_worker.errors import CheckpointRefused
from azuraforge_worker.kept_checkpoint import kept_path
from azuraforge_worker.process_tree import kill_marked
from azuraforge_worker.settings import WorkerSettings
from azuraforge_worker.stored_checkpoints import fetch_checkpoint
from azuraforge_worker.trainer_process import TrainerProcess, trainer_command

FETCHED: Final = "fetched"
"""Folder, in an attempt's own, of what came from the store."""


@dataclass(frozen=True)
class JobPlan:
    """The job, what its owner should know about it, and the attempts whose checkpoints it may still need."""

    job: Job
    warnings: tuple[WarningRaised, ...]
    wanted_attempts: frozenset[int]


@dataclass(frozen=True)
class _Start:
    """Where to continue: after `epoch`, from `folder`, which `attempt` made; from nothing without a folder."""

    epoch: int = 0
    folder: Path | None = None
    attempt: int | None = None


def plan_job(claim: Claim, *, folder: Path, settings: WorkerSettings, store: ArtifactStore) -> JobPlan:
    """Continue from the newest checkpoint that has a row and verifies; from where it began if none does.

    Raises:
        CheckpointRefused: it began at another experiment's checkpoint, and that cannot be read any more.
        OSError: a checkpoint cannot be fetched from the store.
    """
    chosen, refusals = _find_own_start(claim, folder=folder, settings=settings, store=store)
    start = chosen or _find_beginning(claim, folder=folder, store=store)
    job = Job(
        task_id=claim.task_id,
        attempt=claim.attempt,
        pipeline=claim.pipeline,
        config=claim.config,
        config_hash=claim.config_hash,
        folder=str(folder),
        resume_from=None if start.folder is None else str(start.folder),
        resumed_epoch=start.epoch,
        device=settings.device,
        threads=settings.threads,
    )
    wanted = {row.attempt for row in claim.checkpoints if row.is_best}
    if chosen is not None and chosen.attempt is not None:
        wanted.add(chosen.attempt)
    return JobPlan(job, warnings=_warnings(refusals, start=start), wanted_attempts=frozenset(wanted))


def _find_own_start(
    claim: Claim, *, folder: Path, settings: WorkerSettings, store: ArtifactStore
) -> tuple[_Start | None, list[CheckpointRefused]]:
    """The newest usable one of the experiment's own checkpoints, and why newer ones are not."""
    home = experiment_folder(settings.work, claim.task_id)
    refusals: list[CheckpointRefused] = []
    for row in claim.checkpoints:
        made_in = home / str(row.attempt)
        refusal: CheckpointRefused | None = None
        for place in (made_in / row.path, kept_path(made_in, row.path)):
            try:
                verify_checkpoint(place, sha256=row.sha256)
                return _Start(row.epoch, place, row.attempt), refusals
            except CheckpointRefused as error:
                refusal = refusal or error
        if row.stored_sha256 is not None:
            fetched = folder / FETCHED / str(row.seq)
            try:
                fetch_checkpoint(row.stored_sha256, fetched, sha256=row.sha256, store=store)
                return _Start(row.epoch, fetched), refusals
            except CheckpointRefused as error:
                refusal = error
        if refusal is not None:
            refusals.append(refusal)
    return None, refusals


def _find_beginning(claim: Claim, *, folder: Path, store: ArtifactStore) -> _Start:
    """Another experiment's checkpoint for a fork, else nothing at all."""
    point = claim.fork_point
    if point is None:
        return _Start()
    fetched = folder / FETCHED / point.experiment
    fetch_checkpoint(point.stored_sha256, fetched, sha256=point.sha256, store=store)
    return _Start(point.epoch, fetched)


def start_trainer(job: Job, *, environ: Mapping[str, str]) -> TrainerProcess:
    """Start the trainer of `job`, after ending whatever an earlier attempt may have left on this machine."""
    kill_marked(job.task_id)
    mark = f"{job.task_id}/{job.attempt}"
    return TrainerProcess(
        trainer_command(write_job(job)),
        folder=Path(job.folder),
        environ=child_environment(environ, device=job.device, threads=job.threads, mark=mark),
        mark=mark,
    )


def _warnings(refusals: list[CheckpointRefused], *, start: _Start) -> tuple[WarningRaised, ...]:
    if not refusals:
        return ()
    place = f"after epoch {start.epoch}" if start.folder is not None else "from the beginning"
    message = f"The newest checkpoint cannot be used ({refusals[0]}). The training goes on {place}."
    params = {"detail": str(refusals[0]), "from_epoch": start.epoch}
    return (WarningRaised(code=WarningCode.CHECKPOINT_UNREADABLE, message=message, params=params),)
