from __future__ import annotations

import pytest

from azuraforge_contracts import EventType, LogLine, WarningRaised
from azuraforge_ledger import EpochSkipped, ExperimentMissing, FenceLost, Ledger
from azuraforge_ledger.testing import check_history, play, read_history


def append(ledger: Ledger, task_id: str, number: int, *, attempt: int = 1, loss: float = 0.5) -> int | None:
    data = play.epoch(number, loss=loss)
    return ledger.events.append(task_id, attempt=attempt, type=EventType.EPOCH, data=data).seq


def test_events_are_numbered_without_a_gap(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    assert [append(ledger, task_id, number) for number in (1, 2, 3)] == [4, 5, 6]
    assert ledger.events.last_seq(task_id) == 6
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_an_event_is_read_as_it_was_returned(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    stored = ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1))
    assert ledger.events.read(task_id, after=3).items == [stored]
    assert stored.data == play.epoch(1).model_dump(mode="json")


def test_an_epoch_is_stored_once(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    first = ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1, loss=0.5))
    again = ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1, loss=0.6))
    assert again == first
    assert ledger.events.last_seq(task_id) == 4
    assert ledger.experiments.get(task_id).metrics == {"loss": 0.5, "mae": None}


def test_an_epoch_trained_again_after_a_crash_returns_the_first_event(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    append(ledger, task_id, 1)
    append(ledger, task_id, 2)
    ledger.leases.crashed(task_id, attempt=1, reason="killed")
    play.start(ledger, task_id)
    again = ledger.events.append(task_id, attempt=2, type=EventType.EPOCH, data=play.epoch(2))
    assert (again.seq, again.attempt) == (5, 1)
    append(ledger, task_id, 3, attempt=2)
    found = ledger.experiments.get(task_id)
    assert found.progress is not None
    assert found.progress.epoch == 3
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_a_repeated_epoch_does_not_turn_the_progress_back(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    for number in (1, 2, 3, 1):
        append(ledger, task_id, number)
    progress = ledger.experiments.get(task_id).progress
    assert progress is not None
    assert progress.epoch == 3


@pytest.mark.parametrize("number", [2, 2**53, 2**63, 10**40])
def test_an_epoch_that_leaves_a_hole_is_refused(ledger: Ledger, number: int) -> None:
    task_id = play.start(ledger)
    before = read_history(ledger, task_id)
    with pytest.raises(EpochSkipped):
        append(ledger, task_id, number)
    assert read_history(ledger, task_id) == before


def test_an_old_attempt_is_not_heard(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.leases.crashed(task_id, attempt=1, reason="killed")
    play.start(ledger, task_id)
    before = read_history(ledger, task_id)
    with pytest.raises(FenceLost):
        append(ledger, task_id, 1, attempt=1)
    with pytest.raises(FenceLost):
        ledger.events.append(
            task_id, attempt=1, type=EventType.WARNING, data=WarningRaised(code="data", message="Late.")
        )
    assert read_history(ledger, task_id) == before


def test_a_warning_keeps_every_character(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    warning = WarningRaised(code="data", message="NUL \x00, lone \ud800, ünï")
    stored = ledger.events.append(task_id, attempt=1, type=EventType.WARNING, data=warning)
    assert ledger.events.read(task_id, after=3).items == [stored]
    assert stored.data["message"] == warning.message


def test_metric_names_may_hold_any_character(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    data = play.epoch(1).model_copy(update={"metrics": {"\x00": 1.0, "ü\ud800": None, "%s :x ?": -1e308}})
    ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=data)
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


@pytest.mark.parametrize("kind", [EventType.STATE, EventType.END, EventType.LOG, EventType.EPOCH])
def test_append_refuses_what_the_ledger_writes_itself(ledger: Ledger, kind: EventType) -> None:
    task_id = play.start(ledger)
    with pytest.raises(ValueError, match="append takes"):
        ledger.events.append(task_id, attempt=1, type=kind, data=LogLine(level="info", message="x"))


def test_reading_pages_through_everything_once(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    for number in range(1, 8):
        append(ledger, task_id, number)
    seen, after, has_more = [], 0, True
    while has_more:
        page = ledger.events.read(task_id, after=after, limit=4)
        assert page.last_seq == 10
        seen += [event.seq for event in page.items]
        after, has_more = seen[-1] or 0, page.has_more
    assert seen == list(range(1, 11))


@pytest.mark.parametrize(("after", "count"), [(-(10**30), 3), (0, 3), (3, 0), (4, 0), (2**63, 0), (10**30, 0)])
def test_reading_after_any_number_is_answered(ledger: Ledger, after: int, count: int) -> None:
    page = ledger.events.read(play.start(ledger), after=after)
    assert (len(page.items), page.last_seq, page.has_more) == (count, 3, False)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_reading_refuses_a_limit_out_of_range(ledger: Ledger, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        ledger.events.read(play.start(ledger), limit=limit)


def test_reading_an_unknown_experiment_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ExperimentMissing):
        ledger.events.read("\x00")
    with pytest.raises(ExperimentMissing):
        ledger.events.last_seq("nonsense")
