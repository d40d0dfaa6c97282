"""Snapshots of long histories."""

from datetime import UTC, datetime
from typing import Any

from azuraforge_api.events.history import CURVE_POINTS, HistoryDigest
from azuraforge_contracts import Event, EventType


def event(seq: int, kind: EventType, **data: Any) -> Event:
    return Event(experiment="e", seq=seq, ts=datetime.now(UTC), type=kind, data=data)


def long_history(count: int) -> list[Event]:
    events = [event(1, EventType.STATE, state="queued"), event(2, EventType.STATE, state="running")]
    while len(events) < count:
        seq = len(events) + 1
        if seq % 2:
            loss = 1000.0 if seq == 4001 else 1 / seq
            events.append(event(seq, EventType.EPOCH, epoch=seq, metrics={"loss": loss}, preview={"x": ["a"] * 100}))
        else:
            events.append(event(seq, EventType.CHECKPOINT, epoch=seq))
    return [*events, event(count + 1, EventType.END, state="succeeded")]


def digest(events: list[Event]) -> list[Event]:
    digest = HistoryDigest(expected=len(events))
    for start in range(0, len(events), 500):
        digest.add(events[start : start + 500])
    assert digest.seq == events[-1].seq
    return digest.events()


def test_curves_shrink_and_everything_that_matters_stays() -> None:
    events = long_history(10_000)
    kept = digest(events)
    epochs = [one for one in kept if one.type == EventType.EPOCH]
    assert len(epochs) <= CURVE_POINTS + 3
    assert [one.seq for one in kept] == sorted({one.seq for one in kept})
    assert [one for one in kept if one.type not in {EventType.EPOCH, EventType.CHECKPOINT}] == [*events[:2], events[-1]]
    assert epochs[0].seq == 3
    assert epochs[-1] == events[-3]
    assert 4001 in {one.seq for one in epochs}, "a spike must survive"
    assert [one.seq for one in kept if one.type == EventType.CHECKPOINT] == [10_000]


def test_only_the_last_epoch_keeps_its_preview() -> None:
    epochs = [one for one in digest(long_history(5000)) if one.type == EventType.EPOCH]
    assert [one.data["preview"] is not None for one in epochs] == [False] * (len(epochs) - 1) + [True]


def test_a_short_history_stays_whole() -> None:
    events = [event(seq, EventType.EPOCH, metrics={"loss": None}) for seq in range(1, 20)]
    assert [one.seq for one in digest(events)] == list(range(1, 20))
