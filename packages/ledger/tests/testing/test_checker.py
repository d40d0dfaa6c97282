"""The checker itself must bite: one wrong thing at a time in a history that is otherwise right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from azuraforge_ledger.testing import History, RecordedEvent, check_history


def state(seq: int, name: str, previous: str | None, *, attempt: int) -> RecordedEvent:
    return RecordedEvent(seq, attempt, "state", {"state": name, "previous": previous})


def epoch(seq: int, number: int, *, attempt: int = 1) -> RecordedEvent:
    return RecordedEvent(seq, attempt, "epoch", {"epoch": number, "metrics": {"loss": 0.5}})


RIGHT = History(
    task_id="x",
    state="succeeded",
    attempt=2,
    crashes=1,
    epoch=2,
    last_seq=11,
    events=[
        state(1, "queued", None, attempt=0),
        state(2, "starting", "queued", attempt=1),
        state(3, "running", "starting", attempt=1),
        epoch(4, 1),
        RecordedEvent(5, 1, "checkpoint", {"epoch": 1}),
        state(6, "queued", "running", attempt=1),
        state(7, "starting", "queued", attempt=2),
        state(8, "running", "starting", attempt=2),
        epoch(9, 2, attempt=2),
        state(10, "succeeded", "running", attempt=2),
        RecordedEvent(11, 2, "end", {"state": "succeeded"}),
    ],
    metrics=[("loss", 1, 0.5), ("loss", 2, 0.5)],
    checkpoints=[(5, 1, 1)],
)


def with_event(place: int, event: RecordedEvent) -> dict[str, Any]:
    return {"events": [*RIGHT.events[:place], event, *RIGHT.events[place + 1 :]]}


def test_a_right_history_has_no_fault() -> None:
    assert check_history(RIGHT) == []


@pytest.mark.parametrize(
    ("invariant", "wrong"),
    [
        ("I1", {"state": "running", "events": RIGHT.events[:9], "last_seq": 9}),
        ("I1", {"events": [*RIGHT.events, epoch(12, 3, attempt=2)], "last_seq": 12}),
        ("I1", {"events": RIGHT.events[:10], "last_seq": 10}),
        ("I1", with_event(10, RecordedEvent(11, 2, "end", {"state": "failed"}))),
        ("I1", {"state": "running"}),
        ("I2", {"last_seq": 12}),
        ("I2", with_event(3, epoch(5, 1))),
        ("I2", {"events": RIGHT.events[:3] + RIGHT.events[4:]}),
        ("I3", with_event(8, epoch(9, 1, attempt=2))),
        ("I3", with_event(8, epoch(9, 3, attempt=2))),
        ("I3", {"epoch": 1}),
        ("I3", {"first_epoch": 1}),
        ("I3", {"metrics": RIGHT.metrics[:1]}),
        ("I5", with_event(8, epoch(9, 2, attempt=1))),
        ("I5", with_event(6, epoch(7, 2))),
        ("I5", with_event(6, state(7, "starting", "queued", attempt=1))),
        ("I5", {"attempt": 3}),
        ("I5", {"checkpoints": []}),
        ("I5", {"artifacts": [(9, "report.html", "0" * 64, 1)]}),
        ("S", with_event(2, state(3, "succeeded", "starting", attempt=1))),
        ("S", with_event(2, state(3, "running", "queued", attempt=1))),
        ("O", {"is_owed_a_message": True}),
    ],
)
def test_each_fault_is_found(invariant: str, wrong: dict[str, Any]) -> None:
    found = check_history(replace(RIGHT, **wrong))
    assert any(problem.startswith(f"{invariant}:") for problem in found), found
