"""The judge of this folder can fail: each is shown a platform with one fault. `make chaos` plants all there are."""

from __future__ import annotations

import pytest
from azuraforge_lab.steady import SteadyConfig
from chaos_rows import ROWS
from faults import IN_EVERY_PROCESS, KNOWN
from gateway_faults import IN_GATEWAY
from invariants import find_wrongs
from scenario import OpenFaulty, play
from scenarios.kills import kill_trainings
from worker_faults import IN_WORKER
from worker_house import House

# Where a kill falls is chance, so the two that need one at a certain moment are for make test-full and make chaos.
IN_SCENARIOS = {"no_unique_epoch", "checkpoint_first", "joins_late", "hands_on_all"}


@pytest.mark.slow
def test_a_checkpoint_before_its_event_loses_an_epoch(faulty: OpenFaulty) -> None:
    with faulty("checkpoint_first") as house:
        assert play(kill_trainings, house, size=6).wrongs != []


@pytest.mark.slow
def test_an_epoch_without_its_unique_key_comes_twice(faulty: OpenFaulty) -> None:
    with faulty("no_unique_epoch") as house:
        found = play(kill_trainings, house, size=6).wrongs
    assert any("I3" in wrong for wrong in found), found


def test_the_check_finds_weights_of_another_training(sqlite_house: House) -> None:
    sqlite_house.start_worker(LAB_BARE="1")
    task_id = sqlite_house.train(SteadyConfig(epochs=2, seed=8))
    sqlite_house.wait_for_state(task_id, "succeeded")

    assert find_wrongs(sqlite_house, task_id, config=SteadyConfig(epochs=2, seed=8)) == []
    assert find_wrongs(sqlite_house, task_id, config=SteadyConfig(epochs=2, seed=7)) == [
        "the weights are not those of an undisturbed training"
    ]


def test_every_fault_is_planted_somewhere_and_sought_by_some_row() -> None:
    planted = {*IN_EVERY_PROCESS, *IN_WORKER, *IN_GATEWAY, *IN_SCENARIOS}
    assert planted == set(KNOWN)
    assert {fault for row in ROWS for fault in row.faults} == set(KNOWN)
