"""One attempt at one experiment, from its trainer's first line to its last: how it ended is the result.

Nothing a trainer says or does can raise out of `Attempt.run`: garbage, silence, floods and crashes are endings.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from azuraforge_contracts import (
    ArtifactFile,
    BatchProgress,
    CheckpointFile,
    EpochFinished,
    EventType,
    Failure,
    FailureCode,
    LineType,
    LogLine,
    Message,
    OrderType,
    ReadyReport,
    TrainerLine,
    WarningCode,
    WarningRaised,
)
from azuraforge_ledger import Claim, EpochSkipped, FenceLost, StateConflict
from azuraforge_worker.attempt_folder import path_inside
from azuraforge_worker.desk import Desk
from azuraforge_worker.errors import AttemptAbandoned, ProtocolBroken
from azuraforge_worker.last_words import FailedWord, FinishedWord, StoppedWord
from azuraforge_worker.lease_keeper import LeaseKeeper
from azuraforge_worker.line_pace import LinePace
from azuraforge_worker.patience import patiently
from azuraforge_worker.pipe_lines import LineReader
from azuraforge_worker.progress_voice import ProgressVoice
from azuraforge_worker.stuck import StuckWatch
from azuraforge_worker.trainer_process import TrainerProcess
from azuraforge_worker.usage_reporter import UsageReporter

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_S: Final = 0.2
"""How often orders and deadlines are looked at while the trainer is silent."""
EXIT_GRACE_S: Final = 10.0
"""How long a trainer may take to leave after its last word."""
MOST_WARNINGS: Final = 100
MOST_ARTIFACTS: Final = 1000
BEFORE_READY: Final = frozenset({LineType.READY, LineType.FAILED, LineType.LOG})


class EndKind(StrEnum):
    """The ways an attempt ends."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RELEASED = "released"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Ending:
    """How an attempt ended; `files` are what a finished one produced."""

    kind: EndKind
    reason: str = ""
    failure: Failure | None = None
    epochs_run: int = 0
    files: tuple[ArtifactFile, ...] = ()


class Attempt:
    """Listens to a trainer and keeps the ledger true. Lives in the thread that started the trainer."""

    _trainer: TrainerProcess
    _usage: UsageReporter
    _folder: Path

    def __init__(self, claim: Claim, *, desk: Desk, lease: LeaseKeeper) -> None:
        self._claim = claim
        self._desk = desk
        self._lease = lease
        self._voice = ProgressVoice(desk.publisher, task_id=claim.task_id, attempt=claim.attempt)
        self._voice.heard_events(claim.events)
        self._stuck = StuckWatch()
        self._pace = LinePace()
        self._intent: EndKind | None = None
        self._deadline = 0.0
        self._is_ready = False
        self._warnings = 0
        self._files: dict[str, ArtifactFile] = {}
        self._word: FinishedWord | FailedWord | StoppedWord | None = None

    def run(self, trainer: TrainerProcess, *, folder: Path, warnings: Sequence[WarningRaised]) -> Ending:
        """Listen until the trainer has ended; `warnings` are what its owner should know beforehand.

        Raises:
            FenceLost: another attempt holds the experiment; the trainer is dead or dying.
            AttemptAbandoned: the worker had to stop while the database was away.
        """
        self._trainer, self._folder = trainer, folder
        self._usage = UsageReporter(trainer.pid, voice=self._voice, environ=self._desk.environ)
        try:
            for warning in warnings:
                self._warn(warning)
            self._listen()
            status = self._await_exit()
        except ProtocolBroken as error:
            return refused_ending(error)
        except EpochSkipped as error:
            return refused_ending(ProtocolBroken(f"it reported its epochs out of order ({error})"))
        finally:
            self._usage.close()
        return self._ending(status)

    def patiently(self, call: Callable[[], T]) -> T:
        """`call` to the ledger, repeated while the database is away; orders and deadlines are kept meanwhile."""
        return patiently(call, between=self._wait_for_database)

    def _listen(self) -> None:
        reader = LineReader()
        while self._word is None and self._trainer.is_talking:
            self._follow_orders()
            chunk = self._trainer.read(timeout_s=min(LOOK_S, self._voice.due_in_s()))
            for line, data in reader.feed(chunk):
                self._hear(line, data)
            self._usage.tick()
            self._voice.tick()
            time.sleep(self._pace.rest_s())
            if self._stuck.is_new():
                self._warn(WarningRaised(code=WarningCode.TRAINER_STUCK, message=self._stuck.sentence()))
        self._voice.flush()

    def _hear(self, line: TrainerLine, data: Message) -> None:
        if self._word is not None:
            raise ProtocolBroken(f"line {line.n} came after the last word")
        if not self._is_ready and line.type not in BEFORE_READY:
            raise ProtocolBroken(f"line {line.n} is {line.type}, before ready")
        self._stuck.heard()
        match data:
            case EpochFinished():
                self._store_epoch(data)
                self._trainer.order(OrderType.ACK, n=line.n)
            case CheckpointFile():
                self._store_checkpoint(data)
                self._trainer.order(OrderType.ACK, n=line.n)
            case BatchProgress() | LogLine():
                self._pace.heard()
                self._voice.say(EventType(line.type.value), data)
            case WarningRaised():
                self._pace.heard()
                self._warn(data)
            case ArtifactFile():
                self._note_file(data)
                self._trainer.order(OrderType.ACK, n=line.n)
            case ReadyReport():
                self._begin(data)
            case FinishedWord() | FailedWord() | StoppedWord():
                self._word = data

    def _begin(self, report: ReadyReport) -> None:
        if self._is_ready:
            raise ProtocolBroken("a second ready line")
        task_id, attempt = self._claim.task_id, self._claim.attempt
        leases = self._desk.ledger.leases
        try:
            events = self.patiently(lambda: leases.begin(task_id, attempt=attempt, ready=report))
        except StateConflict:  # a cancel came first; its order is on the way
            self._lease.poke()
            events = []
        self._voice.publish(events)
        self._usage.look_at(report.device)
        self._is_ready = True

    def _store_epoch(self, epoch: EpochFinished) -> None:
        self._append(EventType.EPOCH, epoch)
        self._stuck.epoch_took(epoch.seconds)

    def _store_checkpoint(self, checkpoint: CheckpointFile) -> None:
        path_inside(self._folder, checkpoint.path)
        ledger, task_id, attempt = self._desk.ledger, self._claim.task_id, self._claim.attempt
        event = self.patiently(lambda: ledger.checkpoints.add(task_id, attempt=attempt, checkpoint=checkpoint))
        self._voice.publish([event])

    def _warn(self, warning: WarningRaised) -> None:
        self._warnings += 1
        if self._warnings <= MOST_WARNINGS:
            self._append(EventType.WARNING, warning)

    def _append(self, event_type: EventType, data: Message) -> None:
        ledger, task_id, attempt = self._desk.ledger, self._claim.task_id, self._claim.attempt
        event = self.patiently(lambda: ledger.events.append(task_id, attempt=attempt, type=event_type, data=data))
        self._voice.publish([event])

    def _note_file(self, file: ArtifactFile) -> None:
        path_inside(self._folder, file.path)
        if file.name in self._files or len(self._files) == MOST_ARTIFACTS:
            raise ProtocolBroken(f"artifact {file.name[:200]!r} is a second one of that name, or one too many")
        self._files[file.name] = file

    def _follow_orders(self) -> None:
        if self._lease.is_lost:
            self._trainer.kill()
            raise FenceLost(self._claim.task_id, attempt=self._claim.attempt)
        if self._lease.is_cancelled and self._intent is not EndKind.CANCELLED:
            self._intend(EndKind.CANCELLED, order=OrderType.CANCEL)
        elif self._lease.is_paused and self._intent is None:
            self._intend(EndKind.PAUSED, order=OrderType.PAUSE)
        elif self._desk.stopping and self._intent is None:
            self._intend(EndKind.RELEASED, order=OrderType.PAUSE)
        if self._intent is not None and time.monotonic() > self._deadline:
            self._trainer.kill()

    def _intend(self, intent: EndKind, *, order: OrderType) -> None:
        self._intent = intent
        self._deadline = time.monotonic() + self._desk.settings.stop_grace_s
        self._trainer.order(order)

    def _wait_for_database(self, wait_s: float) -> None:
        self._follow_orders()
        if self._desk.stopping.lasts_s() > self._desk.settings.stop_grace_s:
            raise AttemptAbandoned("the database was away while the worker had to stop")
        time.sleep(wait_s)

    def _await_exit(self) -> int | None:
        """Exit status; None when it had to be killed after its last word."""
        deadline = time.monotonic() + EXIT_GRACE_S
        while time.monotonic() < deadline:
            status = self._trainer.wait(timeout_s=LOOK_S)
            if status is not None:
                return status
            self._follow_orders()
        self._trainer.kill()
        return None

    def _ending(self, status: int | None) -> Ending:
        match self._word:
            case FinishedWord() as word:
                return Ending(EndKind.FINISHED, epochs_run=word.epochs_run, files=tuple(self._files.values()))
            case FailedWord() as word:
                return Ending(EndKind.FAILED, failure=_failure(word))
            case StoppedWord() if self._intent is None:
                self._desk.stopping.wait(1.0)  # one signal may have reached the trainer just before the worker
                self._intent = EndKind.RELEASED if self._desk.stopping else None
        if self._intent is not None:
            return Ending(self._intent, reason="the worker stops" if self._intent is EndKind.RELEASED else "")
        return Ending(EndKind.CRASHED, reason=_crash_reason(status, has_stopped=self._word is not None))


def refused_ending(error: ProtocolBroken) -> Ending:
    """What a pipeline gets that broke the protocol: trying again would break it again."""
    message = f"The pipeline broke the trainer protocol: {error}."
    hint = "Report this to the author of the pipeline; the worker's trainer.log has the details."
    return Ending(EndKind.FAILED, failure=Failure(code=FailureCode.USER_ERROR, message=message, hint=hint))


def _failure(word: FailedWord) -> Failure:
    place = f"{word.pointer}: " if word.pointer else ""
    return Failure(code=word.code, message=f"{place}{word.message}", hint=word.hint)


def _crash_reason(status: int | None, *, has_stopped: bool) -> str:
    if has_stopped:
        return "the trainer stopped without an order"
    if status is None:
        return "the trainer fell silent and did not leave"
    if status == -9:
        return "the trainer was killed (SIGKILL): by hand, or because the machine ran out of memory"
    if status < 0:
        return f"the trainer was ended by signal {-status}"
    return f"the trainer ended with status {status} and without a last word"
