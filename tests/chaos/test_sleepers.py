"""Processes that sleep past a lease wake up into a world that has gone on: nothing of them may be seen."""

from __future__ import annotations

import pytest
from scenario import OpenFaulty, play
from scenarios.sleepers import sleep_past_the_lease, suspend_the_machine
from worker_house import House


def test_a_worker_that_slept_past_its_lease_writes_nothing(house: House) -> None:
    assert sleep_past_the_lease(house, 1).wrongs == []


@pytest.mark.slow
def test_without_the_fence_the_judge_finds_the_stale_writes(faulty: OpenFaulty) -> None:
    with faulty("no_fence") as house:
        found = play(sleep_past_the_lease, house, size=1).wrongs
    assert any(wrong.startswith(("I5", "I7")) for wrong in found), found


def test_a_machine_that_was_suspended_has_lost_no_worker(sqlite_house: House) -> None:
    assert suspend_the_machine(sqlite_house, 1).wrongs == []
