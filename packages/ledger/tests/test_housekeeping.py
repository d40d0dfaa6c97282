from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from azuraforge_contracts import Event, EventType, ExperimentState, Failure, FailureCode, WarningCode, WarningRaised
from azuraforge_contracts.names import LEASE_S, MAX_CRASHES
from azuraforge_ledger import Ledger, LedgerUnavailable, PassMemory, PassReport, housekeeping, outbox
from azuraforge_ledger.budget import CRASH_PAUSES_S
from azuraforge_ledger.housekeeping import ABSENT_S, NO_WORKER_S, SECOND_LOOK_S, TURN_S
from azuraforge_ledger.outbox import LONGEST_S, UNCLAIMED_S
from azuraforge_ledger.passlock import try_pass
from azuraforge_ledger.testing import check_history, pass_time, play, read_history

FAILURE = Failure(code=FailureCode.STORAGE_LOW, message="Full.")


@dataclass
class Keeper:
    """A process that keeps house: its memory, what it sent and what it published."""

    ledger: Ledger
    live: set[str] | None = field(default_factory=lambda: {"stock_predictor"})
    memory: PassMemory = field(default_factory=PassMemory)
    sent: list[str] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)

    def look(self, *, after_s: float = 0.0, send: Callable[[str], None] | None = None) -> PassReport:
        if after_s:
            pass_time(self.ledger, after_s, memory=self.memory)
        return housekeeping.run_pass(
            self.ledger,
            self.memory,
            send=send or self.sent.append,
            publish=self.published.append,
            live_pipelines=lambda: self.live,
        )


@pytest.fixture
def keeper(ledger: Ledger) -> Keeper:
    return Keeper(ledger)


def test_an_idle_pass_does_nothing(keeper: Keeper) -> None:
    assert keeper.look() == PassReport()


def test_a_fresh_submission_is_left_to_its_submitter(keeper: Keeper) -> None:
    play.submit(keeper.ledger)
    keeper.look(after_s=UNCLAIMED_S / 2)
    assert keeper.sent == []


def test_what_stays_unclaimed_is_sent_again_and_again_but_not_every_time(keeper: Keeper) -> None:
    task_id = play.submit(keeper.ledger)
    pauses = [UNCLAIMED_S, UNCLAIMED_S, 2 * UNCLAIMED_S, LONGEST_S, LONGEST_S]
    for count, pause in enumerate(pauses, start=1):
        keeper.look(after_s=pause / 2)
        assert len(keeper.sent) == count - 1
        keeper.look(after_s=pause / 2)
        assert keeper.sent == [task_id] * count


def test_what_is_claimed_is_not_sent_again(keeper: Keeper) -> None:
    play.start(keeper.ledger)
    keeper.look(after_s=20)
    assert keeper.sent == []


def test_a_queued_experiment_without_an_outbox_row_is_sent_all_the_same(keeper: Keeper) -> None:
    task_id = play.submit(keeper.ledger)
    with keeper.ledger.database.write() as connection:
        outbox.drop(connection, task_id)
    keeper.look()
    keeper.look()
    assert keeper.sent == [task_id]
    assert check_history(read_history(keeper.ledger, task_id), is_ended=False) == []


def test_a_broker_that_refuses_is_asked_again_at_the_next_pass(keeper: Keeper) -> None:
    tasks = [play.submit(keeper.ledger) for _ in range(3)]
    asked: list[str] = []

    def refuse(task_id: str) -> None:
        asked.append(task_id)
        raise ConnectionError("broker away")

    report = keeper.look(after_s=UNCLAIMED_S, send=refuse)
    assert (report.sent, report.send_error, len(asked)) == ([], "broker away", 1)
    assert sorted(keeper.look().sent) == sorted(tasks)


def test_a_publisher_that_fails_stops_nothing(keeper: Keeper) -> None:
    task_id = play.start(keeper.ledger)

    def refuse(_event: Event) -> None:
        raise ConnectionError("Pub/Sub away")

    keeper.look(after_s=LEASE_S + 1)
    pass_time(keeper.ledger, SECOND_LOOK_S, memory=keeper.memory)
    report = housekeeping.run_pass(
        keeper.ledger, keeper.memory, send=keeper.sent.append, publish=refuse, live_pipelines=lambda: None
    )
    assert (report.reaped, report.sent) == ([task_id], [task_id])


def test_an_expired_lease_is_taken_back_only_when_seen_twice(keeper: Keeper) -> None:
    task_id = play.start(keeper.ledger)
    keeper.look(after_s=LEASE_S + 100)
    keeper.look(after_s=SECOND_LOOK_S / 2)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.RUNNING
    report = keeper.look(after_s=SECOND_LOOK_S / 2)
    assert report.reaped == [task_id]
    found = keeper.ledger.experiments.get(task_id)
    assert (found.state, found.crashes) == (ExperimentState.QUEUED, 1)
    assert keeper.sent == [task_id]
    assert keeper.ledger.events.read(task_id, after=3).items == keeper.published
    assert check_history(read_history(keeper.ledger, task_id), is_ended=False) == []


def test_a_renewal_between_two_looks_starts_the_count_again(keeper: Keeper) -> None:
    task_id = play.start(keeper.ledger)
    keeper.look(after_s=LEASE_S + 1)
    keeper.ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER)
    keeper.look(after_s=LEASE_S + 1)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.RUNNING
    keeper.look(after_s=SECOND_LOOK_S)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.QUEUED


def test_a_database_that_nobody_could_write_to_condemns_no_holder(
    sqlite_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azuraforge_ledger.database.BUSY_TIMEOUT_S", 0.05)
    keeper = Keeper(sqlite_ledger())
    task_id = play.start(keeper.ledger)
    pass_time(keeper.ledger, LEASE_S + SECOND_LOOK_S + 1)
    with keeper.ledger.database.engine.connect() as locker:
        locker.exec_driver_sql("ROLLBACK")
        locker.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(LedgerUnavailable):
            keeper.look()
        locker.exec_driver_sql("ROLLBACK")

    assert keeper.look(after_s=SECOND_LOOK_S).reaped == []
    assert keeper.look(after_s=SECOND_LOOK_S).reaped == [task_id]


def test_a_process_that_has_just_started_looks_twice_itself(keeper: Keeper) -> None:
    task_id = play.start(keeper.ledger)
    keeper.look(after_s=LEASE_S + 1)
    Keeper(keeper.ledger).look(after_s=SECOND_LOOK_S + 1)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.RUNNING


def test_a_worker_lost_five_times_is_the_end(keeper: Keeper) -> None:
    task_id = play.submit(keeper.ledger)
    for _ in range(MAX_CRASHES):
        keeper.look(after_s=max(CRASH_PAUSES_S))
        play.start(keeper.ledger, task_id)
        keeper.look(after_s=LEASE_S + 1)
        keeper.look(after_s=SECOND_LOOK_S)
    found = keeper.ledger.experiments.get(task_id)
    assert found.failure is not None
    assert found.failure.code == FailureCode.CRASH_LOOP
    assert check_history(read_history(keeper.ledger, task_id)) == []


def test_a_cancel_whose_worker_is_lost_ends_cancelled(keeper: Keeper) -> None:
    task_id = play.start(keeper.ledger)
    keeper.ledger.experiments.request_cancel(task_id)
    keeper.look(after_s=LEASE_S + 1)
    keeper.look(after_s=SECOND_LOOK_S)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.CANCELLED
    assert check_history(read_history(keeper.ledger, task_id)) == []


def test_a_retry_waits_for_its_time(keeper: Keeper) -> None:
    task_id = play.start(keeper.ledger)
    keeper.ledger.experiments.fail(task_id, attempt=1, failure=FAILURE, retry_in_s=60)
    assert keeper.look(after_s=30).due == []
    assert keeper.look(after_s=30).due == [task_id]
    assert keeper.sent == [task_id]
    assert check_history(read_history(keeper.ledger, task_id), is_ended=False) == []


def test_a_missing_worker_is_warned_of_once(keeper: Keeper) -> None:
    task_id = play.submit(keeper.ledger)
    keeper.live = {"another"}
    keeper.look()
    assert keeper.published == []
    for _ in range(3):
        keeper.look(after_s=ABSENT_S)
    assert [event.data["code"] for event in keeper.published] == [WarningCode.NO_LIVE_WORKER]
    assert [event.seq for event in keeper.ledger.events.read(task_id, after=1).items] == [2]
    assert check_history(read_history(keeper.ledger, task_id), is_ended=False) == []


def test_a_warning_given_at_submission_is_not_repeated(keeper: Keeper) -> None:
    warning = WarningRaised(code=WarningCode.NO_LIVE_WORKER, message="Nobody.")
    keeper.ledger.experiments.submit(replace(play.new_experiment(), warnings=[warning]))
    keeper.live = set()
    keeper.look(after_s=ABSENT_S * 2)
    assert keeper.published == []


def test_nobody_offers_the_pipeline_for_an_hour(keeper: Keeper) -> None:
    task_id = play.submit(keeper.ledger)
    keeper.live = set()
    keeper.look()
    keeper.look(after_s=NO_WORKER_S / 2)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.QUEUED
    assert keeper.look(after_s=NO_WORKER_S / 2).failed == [task_id]
    found = keeper.ledger.experiments.get(task_id)
    assert found.failure is not None
    assert found.failure.code == FailureCode.NO_WORKER
    assert [event.type for event in keeper.published] == [EventType.WARNING, EventType.STATE, EventType.END]
    assert check_history(read_history(keeper.ledger, task_id)) == []


def test_a_worker_that_comes_back_stops_the_hour(keeper: Keeper) -> None:
    task_id = play.submit(keeper.ledger)
    for live in (set[str](), {"stock_predictor"}, set[str]()):
        keeper.live = live
        keeper.look(after_s=NO_WORKER_S / 2)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.QUEUED


def test_a_catalog_that_cannot_be_read_condemns_nobody(keeper: Keeper) -> None:
    task_id = play.submit(keeper.ledger)
    keeper.live = None
    keeper.look()
    keeper.look(after_s=NO_WORKER_S * 10)
    assert keeper.ledger.experiments.get(task_id).state == ExperimentState.QUEUED
    assert keeper.published == []


def test_one_pass_runs_at_a_time(keeper: Keeper) -> None:
    with try_pass(keeper.ledger.database) as is_mine:
        assert is_mine
        assert keeper.look().is_skipped
    assert not keeper.look().is_skipped


def test_a_process_that_was_stopped_in_its_pass_does_not_stop_the_others(keeper: Keeper) -> None:
    task_id = play.start(keeper.ledger)
    with try_pass(keeper.ledger.database):
        assert keeper.look().is_skipped
        assert keeper.look(after_s=TURN_S / 2).is_skipped
        assert not keeper.look(after_s=60).is_skipped  # its lease has expired by now
        assert keeper.look(after_s=SECOND_LOOK_S).reaped == [task_id]
