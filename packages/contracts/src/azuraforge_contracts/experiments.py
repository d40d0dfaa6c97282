"""Experiments as the API speaks of them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, JsonValue

from azuraforge_contracts.control import (
    HIGHEST_PRIORITY,
    LONGEST_TRAINING_S,
    LOWEST_PRIORITY,
    ControlAction,
    ExperimentLink,
    ForkPoint,
    Origin,
    QueuePlace,
)
from azuraforge_contracts.events import Event, Failure, Score
from azuraforge_contracts.message import Message, Request
from azuraforge_contracts.provenance import Provenance
from azuraforge_contracts.states import ExperimentState


class ExperimentCreate(Request):
    """`POST /api/v1/experiments`. An `Idempotency-Key` header makes a repeat return the first answer."""

    pipeline: str = Field(min_length=1, max_length=100)
    config: dict[str, JsonValue] = Field(default_factory=dict)
    name: str | None = Field(default=None, min_length=1, max_length=120)
    priority: int = Field(default=0, ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)
    """Higher ones are trained first."""
    time_limit_s: float | None = Field(default=None, gt=0, le=LONGEST_TRAINING_S)
    project: str | None = Field(default=None, min_length=36, max_length=36)
    """Id of the project; the default project without it."""


class ExperimentAccepted(Message):
    """The 202 answer: the experiment is durable, whatever happens to the broker."""

    task_id: str
    state: ExperimentState
    warnings: list[str] = Field(default_factory=list)


class Progress(Message):
    """How far a training is."""

    epoch: int
    epochs: int
    eta_s: float | None = None


class ExperimentSummary(Message):
    """One line of the list."""

    task_id: str
    name: str
    pipeline: str
    pipeline_version: str
    state: ExperimentState
    attempt: int = 0
    crashes: int = 0
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime
    progress: Progress | None = None
    metrics: dict[str, float | None] = Field(default_factory=dict)
    """Metrics of the last epoch."""
    score: Score | None = None
    failure: Failure | None = None
    is_cancel_requested: bool = False
    retry_at: datetime | None = None
    """When an experiment in `retry_wait` goes back into the queue."""
    last_seq: int = 0
    priority: int = 0
    time_limit_s: float | None = None
    parent: str | None = None
    """The experiment that this one was made from."""
    origin: Origin | str = Field(default=Origin.NEW, union_mode="left_to_right")
    archived_at: datetime | None = None
    actions: list[ControlAction | str] = Field(default_factory=list)
    """What may be asked of it in this state."""
    project: str = ""
    created_by: str | None = None
    """Id of the user; null for whoever had the owner key."""


class ExperimentRead(ExperimentSummary):
    """Everything about one experiment but its events."""

    config: dict[str, JsonValue]
    config_hash: str
    seed: int | None = None
    worker_id: str | None = None
    fork_point: ForkPoint | None = None
    """The checkpoint that it starts from."""
    children: list[ExperimentLink] = Field(default_factory=list)
    """What was made from it, newest first; at most 100."""
    provenance: Provenance | None = None
    """None until it has begun."""
    queue: QueuePlace | None = None
    """While it is queued."""


class ExperimentPage(Message):
    """A page of the list, newest first; `next_cursor` is null on the last one."""

    items: list[ExperimentSummary]
    next_cursor: str | None = None
    total: int


class EventPage(Message):
    """`GET /api/v1/experiments/{id}/events?after=N`: events in order of `seq`."""

    items: list[Event]
    last_seq: int
    has_more: bool = False


class ArtifactRead(Message):
    """A downloadable file of an experiment; `url` is a path on the same origin."""

    name: str
    kind: str
    media_type: str
    sha256: str
    bytes: int
    url: str
