"""What may be asked of an experiment after it was accepted, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import Field, JsonValue

from azuraforge_contracts.message import Message, Request
from azuraforge_contracts.states import TERMINAL_STATES, ExperimentState

LOWEST_PRIORITY: Final = -10
HIGHEST_PRIORITY: Final = 10
LONGEST_TRAINING_S: Final = 365 * 24 * 3600.0

_S = ExperimentState


class ControlAction(StrEnum):
    """What can be asked for; each is idempotent, those that create with an `Idempotency-Key`."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    RERUN = "rerun"
    FORK = "fork"
    PROVE = "prove"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"


class Origin(StrEnum):
    """Where an experiment came from: thought up anew, or made from its parent."""

    NEW = "new"
    RERUN = "rerun"
    """The parent's config: from the beginning, or, after a retry, from the parent's last kept checkpoint."""
    FORK = "fork"
    """The parent's state at `fork_point`, with another config."""
    PROOF = "proof"
    """The parent again, to compare the two bit for bit."""


_FROM_STATE: Final[Mapping[ExperimentState, tuple[ControlAction, ...]]] = MappingProxyType(
    {
        _S.QUEUED: (ControlAction.PAUSE, ControlAction.CANCEL),
        _S.STARTING: (ControlAction.PAUSE, ControlAction.CANCEL),
        _S.RUNNING: (ControlAction.PAUSE, ControlAction.CANCEL),
        _S.RETRY_WAIT: (ControlAction.PAUSE, ControlAction.CANCEL),
        _S.PAUSING: (ControlAction.CANCEL,),
        _S.PAUSED: (ControlAction.RESUME, ControlAction.CANCEL, ControlAction.FORK),
        _S.CANCELLING: (),
        _S.SUCCEEDED: (ControlAction.FORK, ControlAction.PROVE),
        _S.FAILED: (ControlAction.RETRY, ControlAction.FORK),
        _S.CANCELLED: (ControlAction.RETRY, ControlAction.FORK),
    }
)


def possible_actions(state: ExperimentState, *, is_archived: bool) -> list[ControlAction]:
    """What may be asked of an experiment in `state`, in the order of `ControlAction`.

    A fork also needs a kept checkpoint, a deletion that nothing was made from the experiment.
    """
    found = {ControlAction.RERUN, *_FROM_STATE[state]}
    if state in TERMINAL_STATES:
        found |= {ControlAction.UNARCHIVE if is_archived else ControlAction.ARCHIVE, ControlAction.DELETE}
    return [action for action in ControlAction if action in found]


class ExperimentPatch(Request):
    """`PATCH /api/v1/experiments/{task_id}`: what is left out stays; a `time_limit_s` of null takes the limit away."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    priority: int | None = Field(default=None, ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)
    time_limit_s: float | None = Field(default=None, gt=0, le=LONGEST_TRAINING_S)


class RerunRequest(Request):
    """`POST …/{task_id}/rerun`, `…/retry` and `…/prove`; everything may be left out."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    priority: int | None = Field(default=None, ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)


class ForkRequest(RerunRequest):
    """`POST …/{task_id}/fork`: go on from a kept checkpoint with another config."""

    seq: int | None = Field(default=None, ge=1)
    """`seq` of the checkpoint, as `…/checkpoints` lists it; the newest kept one of `epoch` without it."""
    epoch: int | None = Field(default=None, ge=0)
    """Epochs done at the checkpoint; without both the newest kept one."""
    changes: dict[str, JsonValue] = Field(default_factory=dict)
    """JSON merge patch (RFC 7396) of the parent's config."""


class ForkPoint(Message):
    """Where an experiment starts: a kept checkpoint of another one. Its own epochs count on from `epoch`."""

    experiment: str
    seq: int
    epoch: int
    """Epochs that were done."""
    step: int
    sha256: str
    """Of the checkpoint's manifest."""
    stored_sha256: str
    """Of the file in the artifact store."""
    bytes: int = 0


class CheckpointRead(Message):
    """A checkpoint of an experiment. A kept one is in the artifact store and can be forked from."""

    seq: int
    attempt: int
    epoch: int
    """Epochs that were done when it was written."""
    step: int
    sha256: str
    bytes: int
    is_best: bool = False
    is_kept: bool = False
    at: datetime


class ExperimentLink(Message):
    """Another experiment, named."""

    task_id: str
    name: str
    state: ExperimentState
    origin: Origin | str = Field(default=Origin.NEW, union_mode="left_to_right")


class QueuePlace(Message):
    """Where an experiment waits among those that the same workers would take, and what that may mean in time.

    The estimates are medians of what was measured before; null, with `reason` in words, where nothing was.
    """

    position: int = Field(ge=1)
    """1: the next one."""
    waiting: int = Field(ge=1)
    """How many wait there, this one included."""
    workers: int = 0
    capacity: int = 0
    """Trainings that these workers do at once."""
    starts_in_s: float | None = Field(default=None, ge=0)
    trains_for_s: float | None = Field(default=None, ge=0)
    basis: str = ""
    """`config`: from epochs of the same config; `pipeline`: of the same pipeline; empty without an estimate."""
    reason: str = ""
    """Code of why there is no estimate: `no_worker`, `no_history` or `epochs_unknown`."""


class Reference(Message):
    """Something that needs an experiment."""

    kind: str
    """`experiment`, later also `model` and `deployment`."""
    id: str
    name: str
