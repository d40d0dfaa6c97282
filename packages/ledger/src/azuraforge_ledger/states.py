"""The state machine of an experiment: every arrow, once.

POST ─> queued ──CLAIM──> starting ──BEGIN──> running ──SUCCEED──> succeeded*
         ^  │ │                │                 │
         │  │ └─NO_WORKER─> failed*              ├──FAIL / CRASH_LOOP──> failed*
         │  └─DROP─> cancelled*                  │
         │                     │                 ├──CANCEL──> cancelling ──STOPPED──> cancelled*
         ├──RELEASE, CRASH─────┴─────────────────┤                │ finish first wins: succeeded*, failed*
         │                                       │
         ├──DUE── retry_wait <──RETRY────────────┤   retry_wait ──DROP──> cancelled*
         │                                       │
         └─RESUME─ paused <──PAUSED── pausing <──┘PAUSE     pausing ──CANCEL──> cancelling
                    ^ └─DROP─> cancelled*   └─ finish first wins: succeeded*, failed*
 queued, retry_wait ┘HOLD                                                                 * terminal

starting takes the same ways out as running, but SUCCEED. Whatever ends an attempt that is pausing (an order followed,
a crash, a release, a retryable failure) takes PAUSED: a person asked for rest, so nothing starts by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from azuraforge_contracts import TERMINAL_STATES, ExperimentState

_S = ExperimentState


class Arrow(StrEnum):
    """The ways from one state to another."""

    CLAIM = "claim"
    BEGIN = "begin"
    SUCCEED = "succeed"
    FAIL = "fail"
    CRASH = "crash"
    CRASH_LOOP = "crash_loop"
    RELEASE = "release"
    RETRY = "retry"
    DUE = "due"
    DROP = "drop"
    CANCEL = "cancel"
    STOPPED = "stopped"
    PAUSE = "pause"
    PAUSED = "paused"
    HOLD = "hold"
    RESUME = "resume"
    NO_WORKER = "no_worker"


@dataclass(frozen=True)
class Way:
    """Where an arrow may start and where it ends."""

    sources: frozenset[ExperimentState]
    target: ExperimentState


def _way(target: ExperimentState, *sources: ExperimentState) -> Way:
    return Way(frozenset(sources), target)


ARROWS: Final[Mapping[Arrow, Way]] = MappingProxyType(
    {
        Arrow.CLAIM: _way(_S.STARTING, _S.QUEUED),
        Arrow.BEGIN: _way(_S.RUNNING, _S.STARTING),
        Arrow.SUCCEED: _way(_S.SUCCEEDED, _S.RUNNING, _S.CANCELLING, _S.PAUSING),
        Arrow.FAIL: _way(_S.FAILED, _S.STARTING, _S.RUNNING, _S.CANCELLING, _S.PAUSING),
        Arrow.CRASH: _way(_S.QUEUED, _S.STARTING, _S.RUNNING),
        Arrow.CRASH_LOOP: _way(_S.FAILED, _S.STARTING, _S.RUNNING),
        Arrow.RELEASE: _way(_S.QUEUED, _S.STARTING, _S.RUNNING),
        Arrow.RETRY: _way(_S.RETRY_WAIT, _S.STARTING, _S.RUNNING),
        Arrow.DUE: _way(_S.QUEUED, _S.RETRY_WAIT),
        Arrow.DROP: _way(_S.CANCELLED, _S.QUEUED, _S.RETRY_WAIT, _S.PAUSED),
        Arrow.CANCEL: _way(_S.CANCELLING, _S.STARTING, _S.RUNNING, _S.PAUSING),
        Arrow.STOPPED: _way(_S.CANCELLED, _S.CANCELLING),
        Arrow.PAUSE: _way(_S.PAUSING, _S.STARTING, _S.RUNNING),
        Arrow.PAUSED: _way(_S.PAUSED, _S.PAUSING),
        Arrow.HOLD: _way(_S.PAUSED, _S.QUEUED, _S.RETRY_WAIT),
        Arrow.RESUME: _way(_S.QUEUED, _S.PAUSED),
        Arrow.NO_WORKER: _way(_S.FAILED, _S.QUEUED),
    }
)

ACTIVE_STATES: Final = frozenset({_S.STARTING, _S.RUNNING, _S.CANCELLING, _S.PAUSING})
"""States in which one attempt holds a lease and may write."""

WAITING_STATES: Final = frozenset({_S.QUEUED, _S.RETRY_WAIT, _S.PAUSED})
"""States in which nobody holds the experiment."""


def can_take(arrow: Arrow, *, state: ExperimentState) -> bool:
    """Whether `arrow` starts at `state`."""
    return state in ARROWS[arrow].sources


def draw() -> str:
    """The machine as lines `source -arrow-> target`, sorted: what the documentation shows and a test compares."""
    lines = [
        f"{source} -{arrow}-> {way.target}{'*' if way.target in TERMINAL_STATES else ''}"
        for arrow, way in ARROWS.items()
        for source in way.sources
    ]
    return "\n".join(sorted(lines))
