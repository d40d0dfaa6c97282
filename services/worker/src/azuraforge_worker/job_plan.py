"""From a claim to a running trainer: where to continue, what to be told, which environment to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azuraforge_contracts import Job, WarningCode, WarningRaised
from azuraforge_ledger import CheckpointRow, Claim
from azuraforge_worker.attempt_folder import experiment_folder, verify_checkpoint, write_job
from azuraforge_worker.environment import child_environment
from azuraforge_worker.errors import CheckpointRefused
from azuraforge_worker.process_tree import kill_marked
from azuraforge_worker.settings import WorkerSettings
from azuraforge_worker.trainer_process import TrainerProcess, trainer_command


@dataclass(frozen=True)
class JobPlan:
    """The job, what its owner should know about it, and the attempts whose checkpoints it may still need."""

    job: Job
    warnings: tuple[WarningRaised, ...]
    wanted_attempts: frozenset[int]


def plan_job(claim: Claim, *, folder: Path, settings: WorkerSettings) -> JobPlan:
    """Continue from the newest checkpoint that has a row and verifies; from the beginning if none does."""
    home = experiment_folder(settings.work, claim.task_id)
    chosen: CheckpointRow | None = None
    refusals = []
    for row in claim.checkpoints:
        try:
            verify_checkpoint(home / str(row.attempt) / row.path, sha256=row.sha256)
        except CheckpointRefused as error:
            refusals.append(error)
            continue
        chosen = row
        break
    job = Job(
        task_id=claim.task_id,
        attempt=claim.attempt,
        pipeline=claim.pipeline,
        config=claim.config,
        folder=str(folder),
        resume_from=str(home / str(chosen.attempt) / chosen.path) if chosen else None,
        resumed_epoch=chosen.epoch if chosen else 0,
        device=settings.device,
        threads=settings.threads,
    )
    wanted = {row.attempt for row in claim.checkpoints if row is chosen or row.is_best}
    return JobPlan(job, warnings=_warnings(refusals, chosen=chosen), wanted_attempts=frozenset(wanted))


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


def _warnings(refusals: list[CheckpointRefused], *, chosen: CheckpointRow | None) -> tuple[WarningRaised, ...]:
    if not refusals:
        return ()
    place = f"after epoch {chosen.epoch}" if chosen else "from the beginning"
    message = f"The newest checkpoint cannot be used ({refusals[0]}). The training goes on {place}."
    return (WarningRaised(code=WarningCode.CHECKPOINT_UNREADABLE, message=message),)
