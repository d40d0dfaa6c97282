from __future__ import annotations

from azuraforge_worker.line_pace import LINES_PER_S, LinePace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_well_behaved_trainer_never_waits() -> None:
    pace = LinePace(clock=Clock())
    for _ in range(LINES_PER_S):
        pace.heard()
    assert pace.rest_s() == 0.0


def test_a_flood_is_read_slowly_until_the_second_is_over() -> None:
    clock = Clock()
    pace = LinePace(clock=clock)
    for _ in range(LINES_PER_S + 1):
        pace.heard()
    assert pace.rest_s() > 0.0

    clock.now = 1.0

    assert pace.rest_s() == 0.0
