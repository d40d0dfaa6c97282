"""Short ways to a ledger in which something has happened."""

from __future__ import annotations

from sqlalchemy import update

from azuraforge_contracts import CheckpointFile, EpochFinished, Failure, FailureCode, ReadyReport
from azuraforge_ledger.ledger import Ledger
from azuraforge_ledger.submissions import NewExperiment
from azuraforge_ledger.tables import experiment

WORKER = "worker-1"
STORAGE_LOW = Failure(code=FailureCode.STORAGE_LOW, message="Full.")


def new_experiment(*, name: str = "An experiment", pipeline: str = "stock_predictor") -> NewExperiment:
    """Something to submit."""
    return NewExperiment(
        pipeline=pipeline, pipeline_version="1.0", name=name, config={"seed": 7}, config_hash="0" * 64, seed=7
    )


def submit(ledger: Ledger, *, name: str = "An experiment", pipeline: str = "stock_predictor") -> str:
    """Id of a queued experiment."""
    return ledger.experiments.submit(new_experiment(name=name, pipeline=pipeline)).experiment.task_id


def start(ledger: Ledger, task_id: str | None = None, *, worker_id: str = WORKER) -> str:
    """Id of a running experiment: a new one, or a queued one that is claimed for its next attempt."""
    task_id = task_id or submit(ledger)
    claim = ledger.leases.claim(task_id, worker_id=worker_id)
    if claim is None:
        raise ValueError(f"{task_id} is not queued.")
    ready = ReadyReport(device="cpu", resumed_epoch=claim.last_epoch)
    ledger.leases.begin(task_id, attempt=claim.attempt, ready=ready)
    return task_id


def epoch(number: int, *, loss: float = 0.5) -> EpochFinished:
    """Data of an epoch event."""
    return EpochFinished(epoch=number, epochs=100, metrics={"loss": loss, "mae": None}, nonfinite=["mae"])


def checkpoint(number: int) -> CheckpointFile:
    """A checkpoint after epoch `number`, of ten steps each."""
    return CheckpointFile(
        path=f"checkpoints/{number}", epoch=number, step=number * 10, sha256=f"{number:064x}", bytes=100 + number
    )


def limit_time(ledger: Ledger, task_id: str, seconds: float) -> None:
    """Give an experiment a limit of training time, as its submission would have."""
    with ledger.database.write() as connection:
        connection.execute(update(experiment).where(experiment.c.id == task_id).values(time_limit_s=seconds))
