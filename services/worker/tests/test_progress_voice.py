from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from azuraforge_contracts import BatchProgress, Event, EventType, LogLine, LogRecord, SystemUse
from azuraforge_worker.gathered_logs import MOST_RECORDS
from azuraforge_worker.progress_voice import PERIOD_S, ProgressVoice


class Stage:
    """A voice, what it said, and the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.heard: list[Event] = []
        self.voice = ProgressVoice(self, task_id="task", attempt=2, clock=lambda: self.now)

    def publish(self, events: Iterable[Event]) -> None:
        self.heard.extend(events)

    def batch(self, number: int) -> None:
        self.voice.say(EventType.BATCH, BatchProgress(epoch=1, epochs=1, batch=number, batches=1000))
        self.voice.tick()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def stored(seq: int) -> Event:
    return Event(experiment="task", seq=seq, ts=datetime.now(UTC), type=EventType.EPOCH)


def test_a_thousand_batches_in_a_second_become_at_most_four_events(stage: Stage) -> None:
    for number in range(1000):
        stage.batch(number)
        stage.now += 0.001

    assert len(stage.heard) == round(1 / PERIOD_S)


def test_the_newest_batch_is_said_when_its_turn_comes(stage: Stage) -> None:
    stage.batch(1)
    stage.batch(2)
    stage.batch(3)
    stage.now += stage.voice.due_in_s()
    stage.voice.tick()

    assert [event.data["batch"] for event in stage.heard] == [1, 3]


def test_a_droppable_event_names_the_stored_event_before_it(stage: Stage) -> None:
    stage.voice.publish([stored(7)])
    stage.batch(1)

    assert [(event.seq, event.after_seq) for event in stage.heard] == [(7, None), (None, 7)]
    assert stage.heard[1].attempt == 2


def test_a_batch_that_waits_is_dropped_when_its_epoch_is_over(stage: Stage) -> None:
    stage.batch(1)
    stage.batch(2)
    stage.voice.publish([stored(1)])
    stage.now += PERIOD_S
    stage.voice.tick()

    assert [event.type for event in stage.heard] == [EventType.BATCH, EventType.EPOCH]


def test_log_lines_share_the_four_events(stage: Stage) -> None:
    for _ in range(1000):
        stage.batch(1)
        stage.voice.say(EventType.LOG, LogLine(level="info", message="x"))
        stage.voice.tick()
        stage.now += 0.001

    assert len(stage.heard) == round(1 / PERIOD_S)
    assert {event.type for event in stage.heard} == {EventType.BATCH, EventType.LOG}


def test_log_records_are_told_together_and_what_was_dropped_is_counted(stage: Stage) -> None:
    for number in range(1000):
        earlier = [LogRecord(level="info", message=f"a{number}")]
        stage.voice.say(EventType.LOG, LogLine(level="info", message=f"b{number}", earlier=earlier, dropped=1))
    stage.voice.tick()

    (event,) = stage.heard
    line = LogLine.model_validate(event.data)
    assert (line.message, line.n, line.attempt) == ("b999", 3000, 2)
    assert len(line.earlier) == MOST_RECORDS - 1
    assert line.dropped + len(line.earlier) + 1 == 3000


def test_what_waits_is_told_when_nothing_will_come_any_more(stage: Stage) -> None:
    stage.batch(1)
    stage.voice.say(EventType.LOG, LogLine(level="error", message="the last words"))
    stage.voice.say(EventType.SYSTEM, SystemUse(cpu_percent=1.0))
    stage.voice.flush()

    assert [event.type for event in stage.heard] == [EventType.BATCH, EventType.LOG, EventType.SYSTEM]
