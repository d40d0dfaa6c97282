"""The states of an experiment and the reasons why one fails."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ExperimentState(StrEnum):
    """Where an experiment stands; the ledger holds the table of arrows between them."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    PAUSING = "pausing"
    PAUSED = "paused"
    RETRY_WAIT = "retry_wait"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL_STATES: Final = frozenset({ExperimentState.SUCCEEDED, ExperimentState.FAILED, ExperimentState.CANCELLED})


class FailureCode(StrEnum):
    """Why an experiment ended as `failed`."""

    USER_ERROR = "user_error"
    OUT_OF_MEMORY = "out_of_memory"
    DIVERGED = "diverged"
    DATA_ERROR = "data_error"
    WORKER_LOST = "worker_lost"
    CRASH_LOOP = "crash_loop"
    NO_WORKER = "no_worker"
    STORAGE_LOW = "storage_low"
    TIMEOUT = "timeout"


RETRYABLE_FAILURES: Final = frozenset({FailureCode.WORKER_LOST, FailureCode.STORAGE_LOW})


class WarningCode(StrEnum):
    """What went on although something was not as it should be."""

    NO_LIVE_WORKER = "no_live_worker"
    PREFLIGHT_SKIPPED = "preflight_skipped"
    TRAINER_STUCK = "trainer_stuck"
    CHECKPOINT_UNREADABLE = "checkpoint_unreadable"
    STORAGE_LOW = "storage_low"
    DEVICE_FALLBACK = "device_fallback"
    DATA = "data"


class ReasonCode(StrEnum):
    """Why an attempt ended although its training had not."""

    WORKER_STOPS = "worker_stops"
    WORKER_LOST = "worker_lost"
    SUPERVISOR_FAILED = "supervisor_failed"
    TRAINER_EXITED = "trainer_exited"
    TRAINER_KILLED = "trainer_killed"
    TRAINER_SIGNALLED = "trainer_signalled"
    TRAINER_SILENT = "trainer_silent"
    TRAINER_STOPPED = "trainer_stopped"
    RETRY_DUE = "retry_due"
