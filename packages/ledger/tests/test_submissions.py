from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from azuraforge_contracts import EventType, ExperimentState, WarningCode, WarningRaised
from azuraforge_ledger import IdempotencyKey, IdempotencyMismatch, Ledger, Submitted, housekeeping
from azuraforge_ledger.submissions import KEY_LIFETIME_S
from azuraforge_ledger.testing import check_history, list_task_ids, pass_time, play, read_history

KEY = IdempotencyKey(owner="owner", key="key", body_hash="b" * 64)


def test_submit_stores_a_queued_experiment_and_its_first_event(ledger: Ledger) -> None:
    submitted = ledger.experiments.submit(play.new_experiment(name="First"))
    assert submitted.is_new
    assert submitted.experiment.state == ExperimentState.QUEUED
    assert submitted.experiment.config == {"seed": 7}
    assert [(event.seq, event.type) for event in submitted.events] == [(1, EventType.STATE)]
    assert ledger.events.read(submitted.experiment.task_id).items == submitted.events
    assert check_history(read_history(ledger, submitted.experiment.task_id), is_ended=False) == []


def test_submit_turns_warnings_into_events(ledger: Ledger) -> None:
    warnings = [WarningRaised(code=WarningCode.PREFLIGHT_SKIPPED, message="Nobody looked.")]
    submitted = ledger.experiments.submit(replace(play.new_experiment(), warnings=warnings))
    assert [event.type for event in submitted.events] == [EventType.STATE, EventType.WARNING]
    assert submitted.experiment.last_seq == 2


@pytest.mark.parametrize(
    "value",
    ["\x00", "\ud800", "\U0001f600", "ü", '"quoted"', "x" * 1_000_000, 10**400, -0.0, 1e308, None, [], {}],
)
def test_any_json_comes_back_as_it_was(ledger: Ledger, value: object) -> None:
    config = {"value": value, "\x00key\ud800": [value, {"deep": value}]}
    new = replace(play.new_experiment(), config=config, seed=10**400, pipeline="p\x00", pipeline_version="\ud800")
    found = ledger.experiments.get(ledger.experiments.submit(new).experiment.task_id)
    assert found.config == config
    assert (found.seed, found.pipeline, found.pipeline_version) == (10**400, "p\x00", "\ud800")


def test_a_repeat_returns_the_first_experiment(ledger: Ledger) -> None:
    first = ledger.experiments.submit(play.new_experiment(), idempotency=KEY)
    second = ledger.experiments.submit(play.new_experiment(), idempotency=KEY)
    assert second.experiment.task_id == first.experiment.task_id
    assert not second.is_new
    assert second.events == []
    assert len(list_task_ids(ledger)) == 1


def test_a_repeat_with_another_body_is_refused(ledger: Ledger) -> None:
    ledger.experiments.submit(play.new_experiment(), idempotency=KEY)
    with pytest.raises(IdempotencyMismatch):
        ledger.experiments.submit(play.new_experiment(), idempotency=replace(KEY, body_hash="c" * 64))
    assert len(list_task_ids(ledger)) == 1


@pytest.mark.parametrize("other", [replace(KEY, owner="other"), replace(KEY, key="\x00"), replace(KEY, key="\ud800")])
def test_keys_are_apart_by_owner_and_text(ledger: Ledger, other: IdempotencyKey) -> None:
    ledger.experiments.submit(play.new_experiment(), idempotency=KEY)
    assert ledger.experiments.submit(play.new_experiment(), idempotency=other).is_new


def test_owner_and_key_do_not_run_together(ledger: Ledger) -> None:
    ledger.experiments.submit(play.new_experiment(), idempotency=IdempotencyKey("ab", "c", "body"))
    assert ledger.experiments.submit(play.new_experiment(), idempotency=IdempotencyKey("a", "bc", "body")).is_new


def test_repeats_at_the_same_moment_make_one_experiment(ledger: Ledger) -> None:
    answers: list[Submitted] = []
    barrier = threading.Barrier(6)

    def send() -> None:
        barrier.wait()
        answers.append(ledger.experiments.submit(play.new_experiment(), idempotency=KEY))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert sum(answer.is_new for answer in answers) == 1
    assert len({answer.experiment.task_id for answer in answers}) == len(list_task_ids(ledger)) == 1


def test_a_key_is_forgotten_after_a_day(ledger: Ledger) -> None:
    def housekeep() -> None:
        memory = housekeeping.PassMemory()
        housekeeping.run_pass(ledger, memory, send=lambda _: None, publish=lambda _: None, live_pipelines=lambda: None)

    ledger.experiments.submit(play.new_experiment(), idempotency=KEY)
    pass_time(ledger, KEY_LIFETIME_S / 2)
    housekeep()
    assert not ledger.experiments.submit(play.new_experiment(), idempotency=KEY).is_new
    pass_time(ledger, KEY_LIFETIME_S / 2 + 1)
    housekeep()
    assert ledger.experiments.submit(play.new_experiment(), idempotency=KEY).is_new
