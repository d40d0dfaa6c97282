from __future__ import annotations

from azuraforge_contracts import ExperimentPatch, ExperimentState
from azuraforge_ledger import Crew, Ledger
from azuraforge_ledger.testing import check_history, play, read_history

OFFERED = {"stock_predictor"}
CREW = Crew(workers=frozenset({play.WORKER}), pipelines=frozenset(OFFERED), capacity=1)


def submit(ledger: Ledger, *, priority: int = 0, pipeline: str = "stock_predictor") -> str:
    task_id = play.submit(ledger, pipeline=pipeline)
    ledger.control.amend(task_id, ExperimentPatch(priority=priority))
    return task_id


def take(ledger: Ledger) -> str | None:
    claim = ledger.leases.claim_next(pipelines=OFFERED, worker_id="w")
    return None if claim is None else claim.task_id


def test_the_highest_priority_is_next_and_among_equals_who_waited_longest(ledger: Ledger) -> None:
    low, first, second, high = (submit(ledger, priority=priority) for priority in (-10, 0, 0, 10))
    assert [take(ledger) for _ in range(5)] == [high, first, second, low, None]


def test_messages_that_come_twice_take_what_is_left(ledger: Ledger) -> None:
    low, high = submit(ledger, priority=-1), submit(ledger, priority=1)
    assert [take(ledger), take(ledger), take(ledger)] == [high, low, None]


def test_what_a_worker_does_not_offer_is_left_to_others(ledger: Ledger) -> None:
    foreign = submit(ledger, priority=10, pipeline="weather")
    mine = submit(ledger)
    assert [take(ledger), take(ledger)] == [mine, None]
    assert ledger.experiments.get(foreign).state == ExperimentState.QUEUED


def test_a_claim_by_place_leaves_a_whole_history(ledger: Ledger) -> None:
    task_id = submit(ledger)
    take(ledger)
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_a_place_counts_what_the_same_workers_would_take_before(ledger: Ledger) -> None:
    submit(ledger, priority=10, pipeline="weather")
    submit(ledger, priority=5)
    mine = submit(ledger)
    submit(ledger, priority=-5)
    place = ledger.control.find_place(mine, crew=CREW)
    assert place is not None
    assert (place.position, place.waiting, place.workers, place.capacity) == (2, 3, 1, 1)


def test_nobody_waits_who_is_not_queued(ledger: Ledger) -> None:
    assert ledger.control.find_place(play.start(ledger), crew=CREW) is None


def test_without_history_there_is_a_reason_and_no_number(ledger: Ledger) -> None:
    task_id = submit(ledger)
    place = ledger.control.find_place(task_id, crew=CREW)
    assert place is not None
    assert (place.trains_for_s, place.basis, place.reason) == (None, "", "epochs_unknown")
    assert place.starts_in_s == 0.0


def test_without_a_worker_nobody_knows_when_it_starts(ledger: Ledger) -> None:
    place = ledger.control.find_place(submit(ledger), crew=Crew())
    assert place is not None
    assert (place.starts_in_s, place.reason) == (None, "no_worker")
