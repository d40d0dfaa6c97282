"""The checks of this folder can fail: each is shown a platform with one fault."""

from __future__ import annotations

import os
import signal

from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from worker_house import House, wait_until

from azuraforge_contracts import EventType, ExperimentState


def test_a_checkpoint_before_its_event_loses_an_epoch(sqlite_house: House) -> None:
    config = SteadyConfig(epochs=6, batches=1, order="checkpoint_first")
    sqlite_house.start_worker()
    task_id = sqlite_house.submit("lab_steady", config.model_dump(mode="json"))

    wait_until(lambda: _is_between(sqlite_house, task_id), what="a checkpoint without its event")
    os.kill(sqlite_house.trainers(task_id)[0], signal.SIGKILL)
    sqlite_house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)

    assert find_wrongs(sqlite_house, task_id, config=config) != []


def test_the_check_finds_weights_of_another_training(sqlite_house: House) -> None:
    sqlite_house.start_worker()
    task_id = sqlite_house.submit("lab_steady", SteadyConfig(epochs=2, seed=8).model_dump(mode="json"))
    sqlite_house.wait_for_state(task_id, ExperimentState.SUCCEEDED)

    assert find_wrongs(sqlite_house, task_id, config=SteadyConfig(epochs=2, seed=8)) == []
    assert find_wrongs(sqlite_house, task_id, config=SteadyConfig(epochs=2, seed=7)) == [
        "the weights are not those of an undisturbed training"
    ]


def _is_between(house: House, task_id: str) -> bool:
    types = [event.type for event in house.events(task_id)]
    return types.count(EventType.CHECKPOINT) > types.count(EventType.EPOCH) >= 1
