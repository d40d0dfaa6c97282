from __future__ import annotations

import pytest

from azuraforge_contracts import TERMINAL_STATES, ExperimentState
from azuraforge_ledger.states import ACTIVE_STATES, ARROWS, WAITING_STATES, Arrow, draw

DRAWING = """\
cancelling -fail-> failed*
cancelling -stopped-> cancelled*
cancelling -succeed-> succeeded*
paused -drop-> cancelled*
paused -resume-> queued
pausing -cancel-> cancelling
pausing -fail-> failed*
pausing -paused-> paused
pausing -succeed-> succeeded*
queued -claim-> starting
queued -drop-> cancelled*
queued -hold-> paused
queued -no_worker-> failed*
retry_wait -drop-> cancelled*
retry_wait -due-> queued
retry_wait -hold-> paused
running -cancel-> cancelling
running -crash-> queued
running -crash_loop-> failed*
running -fail-> failed*
running -pause-> pausing
running -release-> queued
running -retry-> retry_wait
running -succeed-> succeeded*
starting -begin-> running
starting -cancel-> cancelling
starting -crash-> queued
starting -crash_loop-> failed*
starting -fail-> failed*
starting -pause-> pausing
starting -release-> queued
starting -retry-> retry_wait"""


def test_the_drawing_is_the_machine() -> None:
    assert draw() == DRAWING


def test_every_arrow_has_a_way() -> None:
    assert set(ARROWS) == set(Arrow)


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_no_arrow_leaves_a_terminal_state(state: ExperimentState) -> None:
    assert not [arrow for arrow, way in ARROWS.items() if state in way.sources]


def test_every_state_that_can_be_entered_can_reach_an_end() -> None:
    entered = {way.target for way in ARROWS.values()} | {ExperimentState.QUEUED}
    reaching: set[ExperimentState] = set(TERMINAL_STATES)
    for _ in entered:
        reaching |= {source for way in ARROWS.values() if way.target in reaching for source in way.sources}
    assert entered <= reaching


def test_a_state_is_held_or_waits_or_is_terminal() -> None:
    entered = {way.target for way in ARROWS.values()}
    assert entered == ACTIVE_STATES | WAITING_STATES | TERMINAL_STATES
    assert not ACTIVE_STATES & WAITING_STATES
