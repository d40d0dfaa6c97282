"""kill -9 of trainers and workers in the middle of trainings."""

from __future__ import annotations

import random
import sys

from azuraforge_lab.steady import SteadyConfig
from chaos_monkey import ChaosMonkey
from invariants import find_wrongs
from scenario import Measured
from watchers import Ear
from worker_house import House

CONFIG = SteadyConfig(epochs=10, batches=4, pause_s=0.03, gap_s=0.04)
WORKERS_SHARE = 0.3
BETWEEN = {
    "checkpoint_first": {"order": "checkpoint_first", "gap_s": 0.3},
    "no_unique_epoch": {"gap_s": 0.3},
}
"""Faults that show only to a kill between an epoch's event and its checkpoint: the window is held open for them."""


def kill_trainings(house: House, size: int) -> Measured:
    """`size` kills, three of ten of a whole worker: every training ends as if nothing had happened."""
    config = CONFIG.model_copy(update=BETWEEN.get(house.fault, {}))
    seed = random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"chaos seed {seed}\n")  # pytest shows it when the test fails
    workers = round(size * WORKERS_SHARE)
    monkey = ChaosMonkey(
        house, config.model_dump(mode="json"), random.Random(seed), trainers=size - workers, workers=workers
    )
    with Ear(house) as ear:
        monkey.run()
    wrongs = [
        f"{task_id}: {wrong}"
        for task_id in monkey.task_ids
        for wrong in find_wrongs(house, task_id, config=config, published=ear.heard[task_id])
    ]
    crashes = sum(house.read(task_id).crashes for task_id in monkey.task_ids)
    if crashes < size - size // 10:  # a kill may hit a trainer that has just finished
        wrongs.append(f"{size} kills, but only {crashes} crashes: the monkey missed")
    done = len(monkey.task_ids)
    return Measured(f"{size} kills, {done - len({w.split(':')[0] for w in wrongs})} of {done} bit-equal", wrongs)
