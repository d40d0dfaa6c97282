"""`supervise_experiment`: claim, train in a process of its own, and write down how it ended.

The broker's message is only a wake-up, so a wrong, forged or repeated id meets the claim and nothing happens.
"""

from __future__ import annotations

import errno
import logging
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from azuraforge_contracts import (
    RETRYABLE_FAILURES,
    Event,
    EventType,
    ExperimentEnded,
    ExperimentState,
    Failure,
    FailureCode,
    Results,
    is_id,
)
from azuraforge_ledger import Claim, FenceLost, LedgerUnavailable, Orders
from azuraforge_worker.attempt import Attempt, Ending, EndKind, refused_ending
from azuraforge_worker.attempt_folder import make_attempt_folder, sweep_attempts, sweep_experiment
from azuraforge_worker.crash_reasons import SUPERVISOR_FAILED
from azuraforge_worker.desk import Desk
from azuraforge_worker.disk_room import find_shortage, needed_bytes
from azuraforge_worker.errors import AttemptAbandoned, CheckpointRefused, ProtocolBroken
from azuraforge_worker.job_plan import plan_job, start_trainer
from azuraforge_worker.lease_keeper import LeaseKeeper
from azuraforge_worker.produced_files import read_results, store_files
from azuraforge_worker.stored_checkpoints import store_checkpoints
from azuraforge_worker.time_limit import TimeLimit

log = logging.getLogger(__name__)
STORAGE_RETRY_S: Final = 15.0
LONGEST_RETRY_S: Final = 300.0
"""Retries come ever later, but never later than this."""


def supervise_experiment(experiment_id: str, *, desk: Desk) -> None:
    """Train whatever is next in the queue, one after the other, until nothing is; woken by news of one experiment.

    The ledger decides who is next: the woken one may be running already, or another may go first.
    """
    if is_id(experiment_id):
        train_what_waits(desk)


def train_what_waits(desk: Desk) -> None:
    """The same without having been woken."""
    with desk.slots.take() as slot:
        mine = replace(desk, environ={**desk.environ, **slot.environ})
        while (claim := _claim_next(desk)) is not None:
            desk.publisher.publish(claim.events)
            with desk.busy.one():
                Supervision(claim, desk=mine).run()


def _claim_next(desk: Desk) -> Claim | None:
    if desk.stopping:
        return None
    try:
        return desk.ledger.leases.claim_next(pipelines=desk.offered.names, worker_id=desk.settings.worker_id)
    except LedgerUnavailable as error:
        log.warning("nothing is claimed, the relay will wake again: %s", error)
        return None


class Supervision:
    """One claim, from its folder to its last row."""

    def __init__(self, claim: Claim, *, desk: Desk) -> None:
        self._claim = claim
        self._desk = desk
        self._started = time.monotonic()

    def run(self) -> None:
        """Train, then conclude. However this ends, the lease is no longer renewed and no process is left."""
        task_id, number = self._claim.task_id, self._claim.attempt
        log.info("experiment %s: attempt %d begins", task_id, number)
        with ExitStack() as stack:
            lease = LeaseKeeper(self._renew, period_s=self._desk.settings.renewal_s, lease_s=self._claim.lease_s)
            stack.callback(lease.close)
            stack.enter_context(self._desk.listener.watch(task_id, poke=lease.poke))
            attempt = Attempt(self._claim, desk=self._desk, lease=lease)
            try:
                ending = self._train(attempt)
                log.info("experiment %s: attempt %d %s %s", task_id, number, ending.kind, ending.reason.text)
                self._store_checkpoints(attempt)
                events = self._conclude(ending, attempt=attempt)
            except (FenceLost, AttemptAbandoned) as error:
                log.warning("experiment %s: attempt %d is given up: %s", task_id, number, error)
                return
        self._desk.publisher.publish(events)
        if any(event.type == EventType.END for event in events):
            sweep_experiment(self._desk.settings.work, task_id)

    def _renew(self) -> Orders | None:
        worker_id = self._desk.settings.worker_id
        return self._desk.ledger.leases.renew(self._claim.task_id, attempt=self._claim.attempt, worker_id=worker_id)

    def _train(self, attempt: Attempt) -> Ending:
        """Run the trainer to its end; no process of the attempt is left afterwards."""
        claim, desk = self._claim, self._desk
        if (refusal := self._find_refusal(attempt)) is not None:
            return Ending(EndKind.FAILED, failure=refusal)
        try:
            folder = make_attempt_folder(desk.settings.work, task_id=claim.task_id, attempt=claim.attempt)
            plan = plan_job(claim, folder=folder, settings=desk.settings, store=desk.store)
            sweep_attempts(desk.settings.work, claim.task_id, keep=plan.wanted_attempts, living=claim.attempt)
            trainer = start_trainer(plan.job, environ=desk.environ)
        except OSError as error:
            return _ending_of_os_error(error)
        except CheckpointRefused as error:
            return _ending_without_start(error)
        try:
            return attempt.run(trainer, folder=folder, warnings=plan.warnings)
        except (FenceLost, AttemptAbandoned):
            raise
        except Exception:
            log.exception("experiment %s: the supervisor failed", claim.task_id)
            return Ending(EndKind.CRASHED, reason=SUPERVISOR_FAILED)
        finally:
            trainer.close()

    def _find_refusal(self, attempt: Attempt) -> Failure | None:
        """Why this attempt should not even begin."""
        claim, desk = self._claim, self._desk
        limit = TimeLimit(claim.time_limit_s, used_s=claim.trained_s)
        if limit.is_over():
            return limit.failure(last_epoch=max((row.epoch for row in claim.checkpoints), default=None))
        sizes = attempt.patiently(lambda: desk.ledger.checkpoints.find_sizes(claim.task_id, pipeline=claim.pipeline))
        least = desk.settings.least_free_bytes
        needed = needed_bytes(checkpoint=sizes.checkpoint, artifacts=sizes.artifacts, least=least)
        return find_shortage([desk.settings.work, desk.settings.artifacts], needed=needed)

    def _store_checkpoints(self, attempt: Attempt) -> None:
        desk = self._desk
        store_checkpoints(
            self._claim, ledger=desk.ledger, store=desk.store, work=desk.settings.work, patiently=attempt.patiently
        )

    def _conclude(self, ending: Ending, *, attempt: Attempt) -> list[Event]:
        ledger, task_id, number = self._desk.ledger, self._claim.task_id, self._claim.attempt
        match ending.kind:
            case EndKind.FINISHED:
                return self._succeed(ending, attempt=attempt)
            case EndKind.FAILED | EndKind.TIMED_OUT:
                return self._fail(ending, attempt=attempt)
            case EndKind.CANCELLED:
                return attempt.patiently(lambda: ledger.experiments.confirm_cancelled(task_id, attempt=number))
            case EndKind.PAUSED:
                return attempt.patiently(lambda: ledger.experiments.confirm_paused(task_id, attempt=number))
            case EndKind.RELEASED:
                return attempt.patiently(lambda: ledger.leases.release(task_id, attempt=number, reason=ending.reason))
            case EndKind.CRASHED:
                return attempt.patiently(lambda: ledger.leases.crashed(task_id, attempt=number, reason=ending.reason))

    def _succeed(self, ending: Ending, *, attempt: Attempt) -> list[Event]:
        task_id, number = self._claim.task_id, self._claim.attempt
        folder = self._desk.settings.work / task_id / str(number)
        try:
            results = read_results(ending.files, folder=folder, task_id=task_id)
            artifacts = store_files(ending.files, folder=folder, store=self._desk.store)
        except ProtocolBroken as error:
            return self._fail(refused_ending(error), attempt=attempt)
        except OSError as error:
            return self._fail(_ending_of_os_error(error), attempt=attempt)
        ended = ExperimentEnded(
            state=ExperimentState.SUCCEEDED,
            score=results.verdict.score,
            epochs_run=max(ending.epochs_run, self._claim.last_epoch),  # a resumed attempt may have had none left
            seconds=time.monotonic() - self._started,
        )
        self._note_weights(results, attempt=attempt)
        succeed = self._desk.ledger.experiments.succeed
        return attempt.patiently(
            lambda: succeed(task_id, attempt=number, score=ended.score, artifacts=artifacts, ended=ended)
        )

    def _note_weights(self, results: Results, *, attempt: Attempt) -> None:
        control, claim = self._desk.ledger.control, self._claim
        facts = {"weights_hash": results.reproducibility.weights_hash}
        attempt.patiently(lambda: control.note_facts(claim.task_id, attempt=claim.attempt, facts=facts))

    def _fail(self, ending: Ending, *, attempt: Attempt) -> list[Event]:
        failure = ending.failure or Failure(code=FailureCode.USER_ERROR, message=ending.reason.text)
        pause_s = min(LONGEST_RETRY_S, STORAGE_RETRY_S * 2.0 ** min(self._claim.retries, 16))
        retry_in_s = pause_s if failure.code in RETRYABLE_FAILURES else None
        fail = self._desk.ledger.experiments.fail
        return attempt.patiently(
            lambda: fail(self._claim.task_id, attempt=self._claim.attempt, failure=failure, retry_in_s=retry_in_s)
        )


def _ending_without_start(error: CheckpointRefused) -> Ending:
    message = f"The checkpoint that this experiment starts from cannot be used: {error}."
    hint = "Fork from another checkpoint, or start a new experiment."
    params = {"cause": "start_unreadable", "detail": str(error)}
    return Ending(
        EndKind.FAILED, failure=Failure(code=FailureCode.DATA_ERROR, message=message, hint=hint, params=params)
    )


def _ending_of_os_error(error: OSError) -> Ending:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message = "There is no room left for the experiment's files."
        hint = "Free some space on the worker's disk; the experiment goes on by itself."
        params = {"cause": "no_room_to_write"}
        failure = Failure(code=FailureCode.STORAGE_LOW, message=message, hint=hint, params=params)
    else:
        log.error("the worker cannot use its folders: %s", error)
        message = f"The worker cannot use its folders: {error.strerror}."
        params = {"cause": "folders_unusable", "detail": str(error.strerror)}
        hint = "Look into the worker's log."
        failure = Failure(code=FailureCode.WORKER_LOST, message=message, hint=hint, params=params)
    return Ending(EndKind.FAILED, failure=failure)
