from __future__ import annotations

import pytest
from sqlalchemy import select

from azuraforge_contracts import EventType, ExperimentState, ReadyReport
from azuraforge_contracts.names import LEASE_S, MAX_CRASHES
from azuraforge_ledger import FenceLost, Ledger
from azuraforge_ledger.clock import read_clock
from azuraforge_ledger.tables import experiment
from azuraforge_ledger.testing import check_history, pass_time, play, read_history

READY = ReadyReport(device="cpu")


def lease_left_s(ledger: Ledger, task_id: str) -> float:
    with ledger.database.read() as connection:
        until = connection.execute(select(experiment.c.lease_until).where(experiment.c.id == task_id)).scalar_one()
        return float(until - read_clock(connection)) / 1000


def test_a_claim_hands_over_everything_a_worker_needs(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    claim = ledger.leases.claim(task_id, worker_id="w")
    assert claim is not None
    assert (claim.task_id, claim.attempt, claim.crashes, claim.last_epoch) == (task_id, 1, 0, 0)
    assert (claim.pipeline, claim.config, claim.checkpoints) == ("stock_predictor", {"seed": 7}, [])
    assert [event.data["worker_id"] for event in claim.events] == ["w"]
    assert LEASE_S / 2 < lease_left_s(ledger, task_id) <= LEASE_S
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_an_experiment_is_claimed_once(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    assert ledger.leases.claim(task_id, worker_id="a") is not None
    assert ledger.leases.claim(task_id, worker_id="b") is None
    assert ledger.leases.claim(task_id, worker_id="a") is None


@pytest.mark.parametrize("task_id", ["", "\x00", "x" * 10_000, "0197f9a0-0000-7000-8000-00000000000a"])
def test_a_forged_message_claims_nothing(ledger: Ledger, task_id: str) -> None:
    assert ledger.leases.claim(task_id, worker_id="w") is None


def test_a_renewal_moves_the_lease(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    pass_time(ledger, LEASE_S / 2 + 1)
    assert lease_left_s(ledger, task_id) < LEASE_S / 2
    orders = ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER)
    assert orders is not None
    assert not orders.is_cancel
    assert not orders.is_pause
    assert lease_left_s(ledger, task_id) > LEASE_S / 2


def test_a_late_renewal_counts_while_nobody_took_the_experiment(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    pass_time(ledger, LEASE_S * 10)
    assert ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER) is not None


def test_a_renewal_of_another_attempt_or_worker_is_told_to_stop(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    assert ledger.leases.renew(task_id, attempt=2, worker_id=play.WORKER) is None
    assert ledger.leases.renew(task_id, attempt=1, worker_id="impostor") is None
    ledger.leases.release(task_id, attempt=1, reason="restart")
    assert ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER) is None


def test_begin_tells_where_a_later_attempt_goes_on(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.leases.crashed(task_id, attempt=1, reason="killed")
    ledger.leases.claim(task_id, worker_id="w")
    ready = ReadyReport(device="cpu", resumed_epoch=7)
    state, resumed = ledger.leases.begin(task_id, attempt=2, ready=ready)
    assert (state.data["state"], resumed.type, resumed.data["from_epoch"]) == ("running", EventType.RESUMED, 7)


def test_begin_twice_or_after_a_cancel_changes_nothing(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    assert ledger.leases.begin(task_id, attempt=1, ready=READY) == []
    ledger.experiments.request_cancel(task_id)
    assert ledger.leases.begin(task_id, attempt=1, ready=READY) == []
    assert ledger.experiments.get(task_id).state == ExperimentState.CANCELLING


def test_the_first_start_is_remembered(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    pass_time(ledger, 50)
    started_at = ledger.experiments.get(task_id).started_at
    ledger.leases.release(task_id, attempt=1, reason="restart")
    play.start(ledger, task_id)
    assert ledger.experiments.get(task_id).started_at == started_at


def test_a_release_queues_again_and_counts_no_crash(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    for attempt in range(1, MAX_CRASHES + 3):
        ledger.leases.release(task_id, attempt=attempt, reason="restart")
        play.start(ledger, task_id)
    found = ledger.experiments.get(task_id)
    assert (found.crashes, found.attempt) == (0, MAX_CRASHES + 3)
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_a_release_is_due_for_another_worker_at_once(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.leases.release(task_id, attempt=1, reason="restart")
    assert ledger.outbox.list_due() == [task_id]


@pytest.mark.parametrize("is_crash", [True, False])
def test_what_is_being_cancelled_does_not_come_back(ledger: Ledger, is_crash: bool) -> None:
    task_id = play.start(ledger)
    ledger.experiments.request_cancel(task_id)
    give_up = ledger.leases.crashed if is_crash else ledger.leases.release
    give_up(task_id, attempt=1, reason="killed")
    assert ledger.experiments.get(task_id).state == ExperimentState.CANCELLED
    assert check_history(read_history(ledger, task_id)) == []


@pytest.mark.parametrize("attempt", [0, 2, -1])
def test_only_the_attempt_that_holds_it_may_give_it_up(ledger: Ledger, attempt: int) -> None:
    task_id = play.start(ledger)
    before = read_history(ledger, task_id)
    for give_up in (ledger.leases.release, ledger.leases.crashed):
        with pytest.raises(FenceLost):
            give_up(task_id, attempt=attempt, reason="x")
    with pytest.raises(FenceLost):
        ledger.leases.begin(task_id, attempt=attempt, ready=READY)
    assert read_history(ledger, task_id) == before
