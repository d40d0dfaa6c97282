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
    DataFound,
    EpochFinished,
    Event,
    EventType,
    Failure,
    FailureCode,
    LineType,
    LogLine,
    Message,
    OrderType,
    ReadyReport,
    TrainerLine,
    WarningRaised,
)
from azuraforge_ledger import Claim, EpochSkipped, FenceLost, Reason, StateConflict
from azuraforge_worker.attempt_folder import path_inside
from azuraforge_worker.crash_reasons import NO_REASON, WORKER_STOPS, explain_crash
from azuraforge_worker.desk import Desk
from azuraforge_worker.disk_room import DiskWatch
from azuraforge_worker.errors import AttemptAbandoned, ProtocolBroken
from azuraforge_worker.kept_checkpoint import KeptCheckpoint
from azuraforge_worker.last_words import FailedWord, FinishedWord, StoppedWord
from azuraforge_worker.lease_keeper import LeaseKeeper
from azuraforge_worker.line_pace import LinePace
from azuraforge_worker.patience import patiently
from azuraforge_worker.pipe_lines import LineReader
from azuraforge_worker.progress_voice import ProgressVoice
from azuraforge_worker.recorder import Recorder
from azuraforge_worker.spool import Record, Spool
from azuraforge_worker.stuck import StuckWatch
from azuraforge_worker.time_limit import TimeLimit
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
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Ending:
    """How an attempt ended; `files` are what a finished one produced."""

    kind: EndKind
    reason: Reason = NO_REASON
    failure: Failure | None = None
    epochs_run: int = 0
    files: tuple[ArtifactFile, ...] = ()


class Attempt:
    """Listens to a trainer and keeps the ledger true. Lives in the thread that started the trainer."""

    _trainer: TrainerProcess
    _usage: UsageReporter
    _recorder: Recorder
    _kept: KeptCheckpoint
    _folder: Path

    def __init__(self, claim: Claim, *, desk: Desk, lease: LeaseKeeper) -> None:
        self._claim = claim
        self._desk = desk
        self._lease = lease
        self._voice = ProgressVoice(desk.publisher, task_id=claim.task_id, attempt=claim.attempt)
        self._voice.heard_events(claim.events)
        self._stuck = StuckWatch()
        settings = desk.settings
        self._disk = DiskWatch([settings.work, settings.artifacts], least=settings.least_free_bytes)
        self._limit = TimeLimit(claim.time_limit_s, used_s=claim.trained_s)
        self._newest_epoch = max((row.epoch for row in claim.checkpoints), default=None)
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
        self._kept = KeptCheckpoint(folder)
        self._recorder = Recorder(self._store, spool=Spool(folder))
        self._usage = UsageReporter(trainer.pid, voice=self._voice, environ=self._desk.environ)
        try:
            for warning in warnings:
                self._warn(warning)
            self._listen()
            status = self._await_exit()
            self._voice.publish(self._recorder.flush(between=self._wait_for_database))
        except ProtocolBroken as error:
            return refused_ending(error)
        except EpochSkipped as error:
            return refused_ending(ProtocolBroken(f"it reported its epochs out of order ({error})"))
        finally:
            self._usage.close()
            self._recorder.close()
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
            self._hear_of_replay()
            time.sleep(self._pace.rest_s())
            if self._stuck.is_new():
                self._warn(self._stuck.warning())
            if (low := self._disk.find_warning()) is not None:
                self._warn(low)
        self._voice.flush()

    def _hear(self, line: TrainerLine, data: Message) -> None:
        if self._word is not None:
            raise ProtocolBroken(f"line {line.n} came after the last word")
        if not self._is_ready and line.type not in BEFORE_READY:
            raise ProtocolBroken(f"line {line.n} is {line.type}, before ready")
        self._stuck.heard()
        match data:
            case EpochFinished() | CheckpointFile() | ArtifactFile():
                self._take(data)
                self._trainer.order(OrderType.ACK, n=line.n)
            case BatchProgress() | LogLine():
                self._pace.heard()
                self._voice.say(EventType(line.type.value), data)
            case WarningRaised():
                self._pace.heard()
                self._warn(data)
            case DataFound():
                self._record(LineType.DATA, data)
            case ReadyReport():
                self._begin(data)
            case FinishedWord() | FailedWord() | StoppedWord():
                self._word = data

    def _take(self, data: EpochFinished | CheckpointFile | ArtifactFile) -> None:
        """Make durable what the trainer waits for."""
        match data:
            case EpochFinished():
                self._store_epoch(data)
            case CheckpointFile():
                self._store_checkpoint(data)
            case ArtifactFile():
                self._note_file(data)

    def _begin(self, report: ReadyReport) -> None:
        if self._is_ready:
            raise ProtocolBroken("a second ready line")
        self._record(LineType.READY, report)
        self._usage.look_at(report.device)
        self._limit.begin()
        self._is_ready = True

    def _store_epoch(self, epoch: EpochFinished) -> None:
        self._record(LineType.EPOCH, epoch)
        self._stuck.epoch_took(epoch.seconds)

    def _store_checkpoint(self, checkpoint: CheckpointFile) -> None:
        path_inside(self._folder, checkpoint.path)
        self._record(LineType.CHECKPOINT, checkpoint)
        self._newest_epoch = checkpoint.epoch
        self._disk.note_checkpoint(checkpoint.bytes)
        if not self._recorder.is_behind:
            self._kept.is_known(checkpoint.path)

    def _warn(self, warning: WarningRaised) -> None:
        self._warnings += 1
        if self._warnings <= MOST_WARNINGS:
            self._record(LineType.WARNING, warning)

    def _record(self, line_type: LineType, data: Message) -> None:
        """Return when the report is durable and its trainer may go on: not past the end of a lease nobody renewed."""
        self._voice.publish(self._recorder.record(line_type, data, between=self._wait_for_database))
        if self._recorder.is_behind:
            self._kept.hold()
        while self._recorder.is_behind and not self._lease.is_fresh:
            self._wait_for_database(LOOK_S)
            self._hear_of_replay()
        self._stuck.heard()  # a trainer that had to wait was not silent

    def _hear_of_replay(self) -> None:
        self._voice.publish(self._recorder.collect())
        if not self._recorder.is_behind:
            self._kept.let_go()

    def _store(self, record: Record) -> list[Event]:
        """Write one record into the ledger; called by the recorder's thread."""
        ledger, task_id, attempt = self._desk.ledger, self._claim.task_id, self._claim.attempt
        match record.data:
            case ReadyReport():
                try:
                    return ledger.leases.begin(task_id, attempt=attempt, ready=record.data)
                except StateConflict:  # a cancel came first; its order is on the way
                    self._lease.poke()
                    return []
            case DataFound():
                facts = {"data_hash": record.data.sha256}
                ledger.control.note_facts(task_id, attempt=attempt, facts=facts)
                return []
            case CheckpointFile():
                return [ledger.checkpoints.add(task_id, attempt=attempt, checkpoint=record.data)]
            case _:
                event_type = EventType(record.type.value)
                return [ledger.events.append(task_id, attempt=attempt, type=event_type, data=record.data)]

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
        elif self._limit.is_over() and self._intent is None:
            self._intend(EndKind.TIMED_OUT, order=OrderType.PAUSE)
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
        if self._intent is EndKind.TIMED_OUT:
            return Ending(EndKind.FAILED, failure=self._limit.failure(last_epoch=self._newest_epoch))
        if self._intent is not None:
            return Ending(self._intent, reason=WORKER_STOPS if self._intent is EndKind.RELEASED else NO_REASON)
        return Ending(EndKind.CRASHED, reason=explain_crash(status, has_stopped=self._word is not None))


def refused_ending(error: ProtocolBroken) -> Ending:
    """What a pipeline gets that broke the protocol: trying again would break it again."""
    message = f"The pipeline broke the trainer protocol: {error}."
    hint = "Report this to the author of the pipeline; the worker's trainer.log has the details."
    params = {"cause": "protocol_broken", "detail": str(error)}
    return Ending(
        EndKind.FAILED, failure=Failure(code=FailureCode.USER_ERROR, message=message, hint=hint, params=params)
    )


def _failure(word: FailedWord) -> Failure:
    place = f"{word.pointer}: " if word.pointer else ""
    return Failure(code=word.code, message=f"{place}{word.message}", hint=word.hint, params=word.params)
