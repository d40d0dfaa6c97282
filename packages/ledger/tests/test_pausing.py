from __future__ import annotations

from collections.abc import Callable

import pytest

from azuraforge_contracts import Event, ExperimentEnded, ExperimentState, Failure, FailureCode
from azuraforge_contracts.names import LEASE_S, MAX_CRASHES
from azuraforge_ledger import Ledger, PassMemory, StateConflict, housekeeping
from azuraforge_ledger.housekeeping import NO_WORKER_S, SECOND_LOOK_S
from azuraforge_ledger.testing import check_history, pass_time, play, read_history

FULL = Failure(code=FailureCode.STORAGE_LOW, message="Full.")


def ask_to_pause(ledger: Ledger) -> str:
    task_id = play.start(ledger)
    ledger.experiments.request_pause(task_id)
    return task_id


def look(ledger: Ledger, memory: PassMemory, *, after_s: float = 0.0, live: set[str] | None = None) -> None:
    pass_time(ledger, after_s, memory=memory)
    housekeeping.run_pass(ledger, memory, send=lambda _: None, publish=lambda _: None, live_pipelines=lambda: live)


def test_what_runs_hears_the_order_and_rests_when_it_has_stopped(ledger: Ledger) -> None:
    task_id = ask_to_pause(ledger)
    orders = ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER)
    assert orders is not None
    assert (orders.is_pause, orders.is_cancel) == (True, False)
    ledger.experiments.confirm_paused(task_id, attempt=1)
    found = ledger.experiments.get(task_id)
    assert (found.state, found.worker_id) == (ExperimentState.PAUSED, None)
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_what_waits_rests_at_once_and_is_owed_no_message(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    found, events = ledger.experiments.request_pause(task_id)
    assert (found.state, len(events)) == (ExperimentState.PAUSED, 1)
    assert ledger.leases.claim(task_id, worker_id="w") is None
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_a_retry_that_rests_is_not_tried(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.experiments.fail(task_id, attempt=1, failure=FULL, retry_in_s=1)
    ledger.experiments.request_pause(task_id)
    look(ledger, PassMemory(), after_s=100)
    assert ledger.experiments.get(task_id).state == ExperimentState.PAUSED


def test_what_was_resumed_is_claimed_where_it_stood(ledger: Ledger) -> None:
    task_id = ask_to_pause(ledger)
    ledger.experiments.confirm_paused(task_id, attempt=1)
    _, events = ledger.experiments.resume(task_id)
    assert [event.data["state"] for event in events] == ["queued"]
    claim = ledger.leases.claim(task_id, worker_id="w")
    assert claim is not None
    assert claim.attempt == 2
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


@pytest.mark.parametrize("action", ["request_pause", "resume"])
def test_a_repeat_changes_nothing(ledger: Ledger, action: str) -> None:
    task_id = play.submit(ledger)
    ledger.experiments.request_pause(task_id)
    getattr(ledger.experiments, action)(task_id)
    before = read_history(ledger, task_id)
    _, events = getattr(ledger.experiments, action)(task_id)
    assert events == []
    assert read_history(ledger, task_id) == before


def test_what_is_still_pausing_is_not_resumed(ledger: Ledger) -> None:
    task_id = ask_to_pause(ledger)
    with pytest.raises(StateConflict, match="pausing"):
        ledger.experiments.resume(task_id)


@pytest.mark.parametrize("action", ["request_pause", "resume"])
def test_what_has_ended_stays_ended(ledger: Ledger, action: str) -> None:
    task_id = play.submit(ledger)
    ledger.experiments.request_cancel(task_id)
    with pytest.raises(StateConflict, match="cancelled"):
        getattr(ledger.experiments, action)(task_id)


def release(ledger: Ledger, task_id: str) -> list[Event]:
    return ledger.leases.release(task_id, attempt=1, reason="the worker stops")


def crash(ledger: Ledger, task_id: str) -> list[Event]:
    return ledger.leases.crashed(task_id, attempt=1, reason="signal 9")


def fail(ledger: Ledger, task_id: str) -> list[Event]:
    return ledger.experiments.fail(task_id, attempt=1, failure=FULL, retry_in_s=1)


def lose(ledger: Ledger, task_id: str) -> list[Event]:
    memory = PassMemory()
    look(ledger, memory, after_s=LEASE_S + 1)
    look(ledger, memory, after_s=SECOND_LOOK_S)
    return []


@pytest.mark.parametrize(("accident", "crashes"), [(release, 0), (crash, 1), (fail, 0), (lose, 1)])
def test_an_accident_while_pausing_leaves_it_paused(
    ledger: Ledger, accident: Callable[[Ledger, str], list[Event]], crashes: int
) -> None:
    task_id = ask_to_pause(ledger)
    accident(ledger, task_id)
    found = ledger.experiments.get(task_id)
    assert (found.state, found.crashes) == (ExperimentState.PAUSED, crashes)
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_crashes_before_a_rest_still_count_after_it(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    for attempt in range(1, MAX_CRASHES):
        play.start(ledger, task_id)
        ledger.experiments.request_pause(task_id)
        ledger.leases.crashed(task_id, attempt=attempt, reason="signal 9")
        ledger.experiments.resume(task_id)
    play.start(ledger, task_id)
    ledger.leases.crashed(task_id, attempt=MAX_CRASHES, reason="signal 9")
    failure = ledger.experiments.get(task_id).failure
    assert failure is not None
    assert failure.code == FailureCode.CRASH_LOOP


def test_finish_wins_against_a_pause(ledger: Ledger) -> None:
    task_id = ask_to_pause(ledger)
    ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
    ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=[], ended=ended)
    assert check_history(read_history(ledger, task_id)) == []


def test_a_cancel_overtakes_a_pause(ledger: Ledger) -> None:
    task_id = ask_to_pause(ledger)
    ledger.experiments.request_cancel(task_id)
    ledger.experiments.confirm_paused(task_id, attempt=1)
    assert ledger.experiments.get(task_id).state == ExperimentState.CANCELLED
    assert check_history(read_history(ledger, task_id)) == []


def test_what_rests_is_cancelled_at_once(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    ledger.experiments.request_pause(task_id)
    ledger.experiments.request_cancel(task_id)
    assert ledger.experiments.get(task_id).state == ExperimentState.CANCELLED
    assert check_history(read_history(ledger, task_id)) == []


def test_a_rest_does_not_count_as_waiting_for_a_worker(ledger: Ledger) -> None:
    task_id, memory = play.submit(ledger), PassMemory()
    look(ledger, memory, live=set())
    ledger.experiments.request_pause(task_id)
    pass_time(ledger, NO_WORKER_S * 2, memory=memory)
    ledger.experiments.resume(task_id)
    look(ledger, memory, live=set())
    assert ledger.experiments.get(task_id).state == ExperimentState.QUEUED
