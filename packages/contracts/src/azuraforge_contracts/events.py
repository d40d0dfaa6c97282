"""What happened to an experiment: the envelope and the data of each type."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field, JsonValue

from azuraforge_contracts.message import Message
from azuraforge_contracts.states import ExperimentState, FailureCode, ReasonCode

Params = dict[str, str | int | float]
"""The values in a sentence, by name, so that an interface can say it in another language."""


class EventType(StrEnum):
    """Stored types carry a gap-free `seq`; droppable ones carry `after_seq` instead."""

    STATE = "state"
    EPOCH = "epoch"
    ARTIFACT = "artifact"
    CHECKPOINT = "checkpoint"
    RESUMED = "resumed"
    WARNING = "warning"
    END = "end"
    BATCH = "batch"
    LOG = "log"
    SYSTEM = "system"


STORED_EVENTS: Final = frozenset(
    {
        EventType.STATE,
        EventType.EPOCH,
        EventType.ARTIFACT,
        EventType.CHECKPOINT,
        EventType.RESUMED,
        EventType.WARNING,
        EventType.END,
    }
)
DROPPABLE_EVENTS: Final = frozenset({EventType.BATCH, EventType.LOG, EventType.SYSTEM})


class Event(Message):
    """One fact. `type` may be one that this version does not know yet; it is then kept and passed on."""

    v: int = 1
    experiment: str
    seq: int | None = None
    after_seq: int | None = None
    attempt: int = 0
    ts: datetime
    type: EventType | str = Field(union_mode="left_to_right")
    data: dict[str, JsonValue] = Field(default_factory=dict)


class Failure(Message):
    """Why an experiment failed, in words for its owner. Tracebacks stay in the private log."""

    code: FailureCode | str = Field(union_mode="left_to_right")
    message: str
    hint: str = ""
    params: Params = Field(default_factory=dict)
    """What `message` has in it besides words; `cause` says more closely than `code` which sentence it is."""


class StateChanged(Message):
    """Data of `state`: an arrow of the state machine was taken."""

    state: ExperimentState
    previous: ExperimentState | None = None
    reason: str = ""
    code: ReasonCode | str = Field(default="", union_mode="left_to_right")
    """Which sentence `reason` is, and below what it has in it besides words; empty where nobody needs to know."""
    params: Params = Field(default_factory=dict)
    worker_id: str | None = None
    failure: Failure | None = None
    retry_at: datetime | None = None
    """When `retry_wait` ends."""


class SeriesPreview(Message):
    """Predicted against actual on a sample of the validation part, in the target's own unit."""

    kind: Literal["series"] = "series"
    split: str = "validation"
    unit: str = ""
    x: list[str]
    actual: list[float | None]
    predicted: list[float | None]


class EpochFinished(Message):
    """Data of `epoch`. Epochs count from 1. A value that is not finite is null and named in `nonfinite`."""

    epoch: int = Field(ge=1)
    epochs: int = Field(ge=1)
    metrics: dict[str, float | None]
    nonfinite: list[str] = Field(default_factory=list)
    seconds: float = 0.0
    eta_s: float | None = None
    learning_rate: float | None = None
    preview: SeriesPreview | None = None
    weights: dict[str, str] = Field(default_factory=dict)
    """Layer → digest of its parameters and buffers after the epoch, in the model's order."""


class CheckpointSaved(Message):
    """Data of `checkpoint`: everything needed to continue after `epoch` is on disk."""

    epoch: int
    step: int
    sha256: str
    bytes: int
    is_best: bool = False


class ArtifactSaved(Message):
    """Data of `artifact`: a file that the experiment produced and that may be downloaded."""

    name: str
    kind: str
    media_type: str
    sha256: str
    bytes: int


class Resumed(Message):
    """Data of `resumed`: a new attempt goes on after `from_epoch` (0: from the beginning)."""

    from_epoch: int
    attempt: int
    reason: str = ""


class WarningRaised(Message):
    """Data of `warning`."""

    code: str
    message: str
    params: Params = Field(default_factory=dict)


class Score(Message):
    """How good the model is beside the best naive baseline, on the test part."""

    metric: str
    value: float | None
    unit: str = ""
    baseline: str = ""
    baseline_value: float | None = None
    skill: float | None = None
    """1 − value / baseline_value: above 0 the model beats the baseline."""
    beats_baseline: bool | None = None


class ExperimentEnded(Message):
    """Data of `end`: the last event of every experiment."""

    state: ExperimentState
    score: Score | None = None
    failure: Failure | None = None
    epochs_run: int = 0
    seconds: float = 0.0


class BatchProgress(Message):
    """Data of `batch` (droppable): where inside an epoch the training is."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float | None = None
    samples_per_s: float | None = None


class LogRecord(Message):
    """One thing that the trainer logged; never a traceback."""

    level: str
    """`debug`, `info`, `warning`, `error` or `critical`."""
    message: str
    logger: str = ""
    n: int = 0
    """Counts the records of an attempt from 1; the ones that were dropped are counted too."""
    attempt: int = 0
    ts: datetime | None = None


class LogLine(LogRecord):
    """Data of `log` (droppable): the newest record, and those since the event before, oldest first."""

    earlier: list[LogRecord] = Field(default_factory=list)
    dropped: int = 0
    """Records since the event before that are not told, because there were too many."""


class SystemUse(Message):
    """Data of `system` (droppable): what the trainer and every process it started use, once every 2 s."""

    cpu_percent: float | None = None
    """100 is one core."""
    memory_bytes: int | None = None
    """Resident; pages that processes share are counted in each."""
    threads: int | None = None
    processes: int | None = None
    gpu_percent: float | None = None
    """Of the trainer's GPU, whoever uses it; null on a CPU."""
    gpu_memory_bytes: int | None = None
    gpu_memory_total_bytes: int | None = None


class SystemSample(SystemUse):
    """A `system` event as it is kept for those who join late."""

    ts: datetime
    attempt: int = 0
