from __future__ import annotations

import pytest

from azuraforge_contracts import (
    ArtifactSaved,
    EventType,
    ExperimentEnded,
    ExperimentState,
    Failure,
    FailureCode,
    ReadyReport,
    Score,
)
from azuraforge_ledger import (
    CursorInvalid,
    ExperimentFilter,
    ExperimentMissing,
    FenceLost,
    Ledger,
    PassMemory,
    StateConflict,
    housekeeping,
)
from azuraforge_ledger.testing import check_history, pass_time, play, read_history

ENDED = ExperimentEnded(state=ExperimentState.SUCCEEDED, epochs_run=1, seconds=2.5)
SCORE = Score(metric="mae", value=1.5, unit="USD", baseline="last value", baseline_value=2.0, skill=0.25)
REPORT = ArtifactSaved(name="report.html", kind="report", media_type="text/html", sha256="a" * 64, bytes=10)
FAILURE = Failure(code=FailureCode.DATA_ERROR, message="No rows.", hint="Send some.")


def succeed(ledger: Ledger, task_id: str, *, attempt: int = 1) -> None:
    ledger.experiments.succeed(task_id, attempt=attempt, score=SCORE, artifacts=[REPORT], ended=ENDED)


@pytest.mark.parametrize(
    "task_id", ["", "nonsense", "\x00", "\ud800", "A" * 10_000, "0197f9a0-0000-7000-8000-00000000000a"]
)
def test_get_refuses_an_unknown_id(ledger: Ledger, task_id: str) -> None:
    with pytest.raises(ExperimentMissing):
        ledger.experiments.get(task_id)


def test_get_shows_the_progress_of_a_running_experiment(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1, loss=0.25))
    found = ledger.experiments.get(task_id)
    assert found.state == ExperimentState.RUNNING
    assert found.progress is not None
    assert (found.progress.epoch, found.progress.epochs) == (1, 100)
    assert found.metrics == {"loss": 0.25, "mae": None}
    assert found.worker_id == play.WORKER
    assert found.started_at is not None
    assert found.finished_at is None
    assert found.last_seq == 4


def test_success_stores_score_artifacts_and_end_together(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    events = ledger.experiments.succeed(task_id, attempt=1, score=SCORE, artifacts=[REPORT], ended=ENDED)
    assert [event.type for event in events] == [EventType.ARTIFACT, EventType.STATE, EventType.END]
    assert events[-1].data["score"] == SCORE.model_dump(mode="json")
    assert ledger.events.read(task_id, after=3).items == events
    found = ledger.experiments.get(task_id)
    assert (found.state, found.score, found.worker_id) == (ExperimentState.SUCCEEDED, SCORE, None)
    assert ledger.artifacts.list_for(task_id) == [REPORT]
    assert check_history(read_history(ledger, task_id)) == []


def test_success_refuses_two_artifacts_of_one_name(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    with pytest.raises(ValueError, match="same name"):
        ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=[REPORT, REPORT], ended=ENDED)
    assert ledger.experiments.get(task_id).state == ExperimentState.RUNNING


def test_success_before_the_first_sign_of_life_is_refused(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    ledger.leases.claim(task_id, worker_id="w")
    with pytest.raises(StateConflict):
        succeed(ledger, task_id)
    assert ledger.artifacts.list_for(task_id) == []
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_a_terminal_state_never_changes(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.experiments.fail(task_id, attempt=1, failure=FAILURE)
    before = read_history(ledger, task_id)
    for again in (
        lambda: succeed(ledger, task_id),
        lambda: ledger.experiments.fail(task_id, attempt=1, failure=FAILURE),
        lambda: ledger.experiments.confirm_cancelled(task_id, attempt=1),
        lambda: ledger.leases.crashed(task_id, attempt=1, reason="late"),
        lambda: ledger.leases.release(task_id, attempt=1, reason="late"),
        lambda: ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu")),
        lambda: ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(1)),
        lambda: ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1)),
    ):
        with pytest.raises(FenceLost):
            again()
    with pytest.raises(StateConflict):
        ledger.experiments.request_cancel(task_id)
    assert ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER) is None
    assert ledger.leases.claim(task_id, worker_id="w") is None
    assert read_history(ledger, task_id) == before


def test_failure_is_told_in_state_end_and_row(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    state, end = ledger.experiments.fail(task_id, attempt=1, failure=FAILURE)
    assert state.data["failure"] == end.data["failure"] == FAILURE.model_dump(mode="json")
    assert ledger.experiments.get(task_id).failure == FAILURE


def test_end_counts_the_seconds_since_the_first_start(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    pass_time(ledger, 100)
    end = ledger.experiments.fail(task_id, attempt=1, failure=FAILURE)[-1]
    assert 100 <= float(str(end.data["seconds"])) < 110


def test_cancel_of_a_queued_experiment_ends_it_at_once(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    found, events = ledger.experiments.request_cancel(task_id)
    assert found.state == ExperimentState.CANCELLED
    assert found.is_cancel_requested
    assert [event.type for event in events] == [EventType.STATE, EventType.END]
    assert ledger.leases.claim(task_id, worker_id="w") is None
    assert check_history(read_history(ledger, task_id)) == []


def test_cancel_of_a_running_experiment_is_an_order_to_its_supervisor(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    found, events = ledger.experiments.request_cancel(task_id)
    assert found.state == ExperimentState.CANCELLING
    assert [event.data["previous"] for event in events] == ["running"]
    orders = ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER)
    assert orders is not None
    assert orders.is_cancel
    ledger.experiments.confirm_cancelled(task_id, attempt=1)
    assert ledger.experiments.get(task_id).state == ExperimentState.CANCELLED
    assert check_history(read_history(ledger, task_id)) == []


def test_cancel_may_be_repeated(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.experiments.request_cancel(task_id)
    assert ledger.experiments.request_cancel(task_id)[1] == []
    ledger.experiments.confirm_cancelled(task_id, attempt=1)
    assert ledger.experiments.request_cancel(task_id)[1] == []


def test_a_finish_wins_against_a_cancel(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.experiments.request_cancel(task_id)
    succeed(ledger, task_id)
    assert ledger.experiments.get(task_id).state == ExperimentState.SUCCEEDED
    assert check_history(read_history(ledger, task_id)) == []


def test_a_cancel_that_nobody_asked_for_is_refused(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    with pytest.raises(StateConflict):
        ledger.experiments.confirm_cancelled(task_id, attempt=1)
    assert ledger.experiments.get(task_id).state == ExperimentState.RUNNING


def test_cancel_of_an_unknown_experiment_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ExperimentMissing):
        ledger.experiments.request_cancel("\x00")


def test_a_retryable_failure_waits(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    events = ledger.experiments.fail(task_id, attempt=1, failure=FAILURE, retry_in_s=30)
    assert [event.data["state"] for event in events] == ["retry_wait"]
    assert ledger.experiments.get(task_id).state == ExperimentState.RETRY_WAIT
    assert ledger.leases.claim(task_id, worker_id="w") is None
    ledger.experiments.request_cancel(task_id)
    assert check_history(read_history(ledger, task_id)) == []


def test_retries_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azuraforge_ledger.budget.MAX_RETRIES", 3)
    task_id = play.submit(ledger)
    for attempt in (1, 2, 3):
        play.start(ledger, task_id)
        ledger.experiments.fail(task_id, attempt=attempt, failure=FAILURE, retry_in_s=0)
        run_due(ledger)
    play.start(ledger, task_id)
    ledger.experiments.fail(task_id, attempt=4, failure=FAILURE, retry_in_s=0)
    assert ledger.experiments.get(task_id).state == ExperimentState.FAILED
    assert check_history(read_history(ledger, task_id)) == []


def run_due(ledger: Ledger) -> None:
    pass_time(ledger, 1)
    housekeeping.run_pass(
        ledger, PassMemory(), send=lambda _: None, publish=lambda _: None, live_pipelines=lambda: None
    )


def test_a_cancel_wins_against_a_retry(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    ledger.experiments.request_cancel(task_id)
    ledger.experiments.fail(task_id, attempt=1, failure=FAILURE, retry_in_s=30)
    assert ledger.experiments.get(task_id).state == ExperimentState.CANCELLED


def test_list_pages_through_everything_once_newest_first(ledger: Ledger) -> None:
    made = [play.submit(ledger, name=f"number {n}") for n in range(7)]
    cursor, seen, pages = None, [], 0
    while cursor is not None or pages == 0:
        page = ledger.experiments.list_page(cursor=cursor, limit=3)
        assert page.total == 7
        seen += [item.task_id for item in page.items]
        cursor, pages = page.next_cursor, pages + 1
    order = [(ledger.experiments.get(task_id).created_at, task_id) for task_id in made]
    assert seen == [task_id for _, task_id in sorted(order, reverse=True)]
    assert pages == 3


def test_a_page_is_not_moved_by_newer_experiments(ledger: Ledger) -> None:
    for n in range(4):
        play.submit(ledger, name=f"number {n}")
    first = ledger.experiments.list_page(limit=2)
    pass_time(ledger, 0)
    newer = play.submit(ledger, name="newer")
    second = ledger.experiments.list_page(limit=4, cursor=first.next_cursor)
    seen = [item.task_id for item in [*first.items, *second.items]]
    assert len(seen) == len(set(seen)) == 4
    assert newer not in seen


def test_list_filters_by_state_and_pipeline(ledger: Ledger) -> None:
    running, queued = play.start(ledger), play.submit(ledger, pipeline="other")

    def find(wanted: ExperimentFilter) -> list[str]:
        return [item.task_id for item in ledger.experiments.list_page(wanted).items]

    assert find(ExperimentFilter(states=[ExperimentState.RUNNING])) == [running]
    assert find(ExperimentFilter(states=[ExperimentState.QUEUED], pipeline="other")) == [queued]
    assert find(ExperimentFilter(pipeline="\x00")) == []
    assert set(find(ExperimentFilter(states=list(ExperimentState)))) == {running, queued}


@pytest.mark.parametrize(
    ("name", "text", "is_found"),
    [
        ("Altın fiyatı", "ALTIN FIYATI", True),
        ("İSTANBUL hava", "istanbul", True),
        ("istanbul", "İstanbul", True),
        ("100% sure", "0% s", True),
        ("1000 sure", "0% s", False),
        ("under_score", "r_s", True),
        ("underscore", "r_s", False),
        ("back\\slash", "k\\s", True),
        ('quo"ted', 'o"t', True),
        ("nul \x00 inside", "\x00", True),
        ("lone \ud800 surrogate", "\ud800", True),
        ("plain", "\x00", False),
        ("plain", "'; DROP TABLE experiment; --", False),
        ("plain", "x" * 100_000, False),
        ("any", "stock_predictor", True),
    ],
)
def test_text_search_takes_every_character_for_itself(ledger: Ledger, name: str, text: str, is_found: bool) -> None:
    task_id = play.submit(ledger, name=name)
    page = ledger.experiments.list_page(ExperimentFilter(text=text))
    assert [item.task_id for item in page.items] == ([task_id] if is_found else [])
    assert ledger.experiments.get(task_id).name == name


@pytest.mark.parametrize("limit", [0, -1, 501, 10**30])
def test_list_refuses_a_limit_out_of_range(ledger: Ledger, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        ledger.experiments.list_page(limit=limit)


def test_list_refuses_a_foreign_cursor(ledger: Ledger) -> None:
    with pytest.raises(CursorInvalid):
        ledger.experiments.list_page(cursor="bm90aGluZw==")
