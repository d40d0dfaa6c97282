from __future__ import annotations

from azuraforge_worker.stuck import SHORTEST_S, StuckWatch


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ten_minutes_of_silence_are_said_once() -> None:
    clock = Clock()
    watch = StuckWatch(clock=clock)
    clock.now = SHORTEST_S
    assert not watch.is_new()
    clock.now += 1
    assert watch.is_new()
    assert not watch.is_new()


def test_a_new_silence_is_said_again() -> None:
    clock = Clock()
    watch = StuckWatch(clock=clock)
    clock.now = SHORTEST_S + 1
    assert watch.is_new()
    watch.heard()
    clock.now += SHORTEST_S + 1
    assert watch.is_new()


def test_long_epochs_allow_long_silences() -> None:
    clock = Clock()
    watch = StuckWatch(clock=clock)
    for seconds in (100.0, 200.0, 5000.0):
        watch.epoch_took(seconds)
    clock.now = 1999.0
    assert not watch.is_new()
    clock.now = 2001.0
    assert watch.is_new()
    assert watch.warning().params == {"minutes": 33}
