"""What can go wrong in a worker.

WorkerError
├── StartRefused        the worker cannot start: one sentence with the remedy
├── ProtocolBroken      a trainer said something that no trainer may say
├── PipelineMissing     no installed app offers the pipeline
├── PipelineBroken      the app that offers the pipeline cannot be loaded
├── AttemptAbandoned    the ledger stayed away until the worker had to stop
├── CheckpointRefused   a checkpoint on disk is not what its row says
└── SpoolDamaged        what was spooled while the database was away cannot be read any more
"""

from __future__ import annotations


class WorkerError(Exception):
    """Base of every error of the worker."""


class StartRefused(WorkerError):
    """The worker cannot start; the message is one sentence and the remedy."""


class ProtocolBroken(WorkerError):
    """A trainer broke the line protocol; the message says how, for the owner of the experiment."""


class PipelineMissing(WorkerError):
    """No installed app offers this pipeline."""

    def __init__(self, pipeline: str, *, known: list[str]) -> None:
        offered = ", ".join(known) or "none"
        super().__init__(f"no installed app offers the pipeline {pipeline!r}; installed pipelines: {offered}")


class PipelineBroken(WorkerError):
    """The app behind an entry point cannot be loaded."""


class AttemptAbandoned(WorkerError):
    """The ledger stayed away until the worker had to stop; the lease will end by itself."""


class CheckpointRefused(WorkerError):
    """A checkpoint on disk is not what its row in the ledger says."""


class SpoolDamaged(WorkerError):
    """What was spooled while the database was away cannot be read any more: the attempt must not go on."""
