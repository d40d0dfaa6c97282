"""kill -9 of trainers and workers in the middle of trainings: twenty in all, ten on each database."""

from __future__ import annotations

import random
import sys

import pytest
from azuraforge_lab.steady import SteadyConfig
from chaos_monkey import ChaosMonkey
from invariants import find_wrongs
from worker_house import House

CONFIG = SteadyConfig(epochs=16, batches=4, pause_s=0.04)


@pytest.mark.timeout(300)
def test_killed_trainings_end_as_if_nothing_had_happened(house: House) -> None:
    seed = random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"chaos seed {seed}\n")  # pytest shows it when the test fails
    monkey = ChaosMonkey(house, CONFIG.model_dump(mode="json"), random.Random(seed), trainers=7, workers=3)

    monkey.run()

    wrongs = {task_id: find_wrongs(house, task_id, config=CONFIG) for task_id in monkey.task_ids}
    assert {task_id: wrong for task_id, wrong in wrongs.items() if wrong} == {}
    assert sum(house.read(task_id).crashes for task_id in monkey.task_ids) >= 10
