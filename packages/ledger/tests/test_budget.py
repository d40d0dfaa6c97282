from __future__ import annotations

import pytest

from azuraforge_contracts import ExperimentRead, ExperimentState, FailureCode, ReasonCode
from azuraforge_contracts.names import MAX_CRASHES
from azuraforge_ledger import Ledger, PassMemory, housekeeping
from azuraforge_ledger.budget import CRASH_PAUSES_S
from azuraforge_ledger.reasons import Reason
from azuraforge_ledger.testing import check_history, pass_time, play, read_history

KILLED = Reason("the trainer was killed", ReasonCode.TRAINER_KILLED, {"signal": 9})


def crash(ledger: Ledger, task_id: str, *, checkpoint: int | None = None) -> ExperimentRead:
    """One attempt that may get as far as a checkpoint, and dies."""
    play.start(ledger, task_id)
    attempt = ledger.experiments.get(task_id).attempt
    if checkpoint is not None:
        ledger.checkpoints.add(task_id, attempt=attempt, checkpoint=play.checkpoint(checkpoint))
    ledger.leases.crashed(task_id, attempt=attempt, reason=KILLED)
    return ledger.experiments.get(task_id)


def let_rest(ledger: Ledger, seconds: float) -> None:
    """Time passes, and housekeeping sees it."""
    pass_time(ledger, seconds)
    housekeeping.run_pass(
        ledger, PassMemory(), send=lambda _: None, publish=lambda _: None, live_pipelines=lambda: None
    )


def test_the_rest_between_crashes_grows_and_the_fifth_is_the_end(ledger: Ledger) -> None:
    task_id = play.submit(ledger)

    assert crash(ledger, task_id).state is ExperimentState.QUEUED
    for pause_s in CRASH_PAUSES_S[1:]:
        found = crash(ledger, task_id)
        assert found.state is ExperimentState.RETRY_WAIT
        assert found.retry_at is not None
        assert round((found.retry_at - found.updated_at).total_seconds()) == pause_s
        let_rest(ledger, pause_s - 1)
        assert ledger.experiments.get(task_id).state is ExperimentState.RETRY_WAIT
        let_rest(ledger, 1)
        assert ledger.experiments.get(task_id).state is ExperimentState.QUEUED
    found = crash(ledger, task_id)

    assert found.failure is not None
    assert found.failure.code is FailureCode.CRASH_LOOP
    assert "the trainer was killed" in found.failure.message
    assert found.failure.params == {"crashes": MAX_CRASHES, "cause": "trainer_killed", "signal": 9}
    assert check_history(read_history(ledger, task_id)) == []


def test_a_training_that_gets_on_may_crash_as_often_as_it_must(ledger: Ledger) -> None:
    task_id = play.submit(ledger)

    for epoch in range(1, 3 * MAX_CRASHES):
        assert crash(ledger, task_id, checkpoint=epoch).state is ExperimentState.QUEUED

    found = ledger.experiments.get(task_id)
    assert found.crashes == 3 * MAX_CRASHES - 1
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


@pytest.mark.parametrize("epoch", [2, 3])
def test_reaching_the_same_epoch_again_is_no_progress(ledger: Ledger, epoch: int) -> None:
    task_id = play.submit(ledger)
    crash(ledger, task_id, checkpoint=3)

    for _ in range(MAX_CRASHES - 2):
        let_rest(ledger, max(CRASH_PAUSES_S))
        assert crash(ledger, task_id, checkpoint=epoch).state is ExperimentState.RETRY_WAIT
    let_rest(ledger, max(CRASH_PAUSES_S))

    assert crash(ledger, task_id, checkpoint=epoch).state is ExperimentState.FAILED


def test_progress_makes_the_retries_whole_too(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azuraforge_ledger.budget.MAX_RETRIES", 1)
    task_id = play.submit(ledger)
    for attempt in (1, 2, 3):
        play.start(ledger, task_id)
        ledger.checkpoints.add(task_id, attempt=attempt, checkpoint=play.checkpoint(attempt))
        ledger.experiments.fail(task_id, attempt=attempt, failure=play.STORAGE_LOW, retry_in_s=0)
        let_rest(ledger, 1)

    assert ledger.experiments.get(task_id).state is ExperimentState.QUEUED
