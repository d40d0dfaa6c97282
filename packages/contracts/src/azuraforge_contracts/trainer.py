"""The words between a supervisor and its trainer: one JSON object per line over inherited pipes."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from pydantic import Field, JsonValue

from azuraforge_contracts.message import Message
from azuraforge_contracts.provenance import Provenance


class LineType(StrEnum):
    """What a trainer says."""

    READY = "ready"
    EPOCH = "epoch"
    CHECKPOINT = "checkpoint"
    DATA = "data"
    ARTIFACT = "artifact"
    WARNING = "warning"
    BATCH = "batch"
    LOG = "log"
    STOPPED = "stopped"
    FAILED = "failed"
    FINISHED = "finished"


class TrainerLine(Message):
    """Trainer to supervisor. `n` counts lines from 1; the trainer waits for `ack n` where order matters."""

    n: int = Field(ge=1)
    type: LineType
    data: dict[str, JsonValue] = Field(default_factory=dict)


class OrderType(StrEnum):
    """What a supervisor says."""

    ACK = "ack"
    CANCEL = "cancel"
    PAUSE = "pause"


class SupervisorLine(Message):
    """Supervisor to trainer."""

    type: OrderType
    n: int | None = None


class Job(Message):
    """What a trainer is told to do: a file in its own folder, no credential in it."""

    v: int = 1
    task_id: str
    attempt: int
    pipeline: str
    config: dict[str, JsonValue]
    folder: str
    """The attempt's own folder; the trainer writes nowhere else."""
    resume_from: str | None = None
    """Folder of a verified checkpoint."""
    resumed_epoch: int = 0
    """The last epoch that the checkpoint holds."""
    device: str = "cpu"
    threads: int = 1
    config_hash: str = ""


class ReadyReport(Message):
    """Data of `ready`."""

    device: str
    device_reason: str = ""
    resumed_epoch: int = 0
    pipeline_version: str = ""
    seed: int | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    provenance: Provenance | None = None


class CheckpointFile(Message):
    """Data of `checkpoint`: a complete folder below the attempt's folder."""

    path: str
    epoch: int
    step: int
    sha256: str
    bytes: int
    is_best: bool = False


class ArtifactFile(Message):
    """Data of `artifact`: a complete file below the attempt's folder."""

    path: str
    name: str
    kind: str
    media_type: str
    sha256: str
    bytes: int


class ExitCode(IntEnum):
    """How a trainer ends; anything else is a crash."""

    FINISHED = 0
    FAILED = 10
    STOPPED = 11
    FENCE_LOST = 12
