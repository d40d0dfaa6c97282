"""Cancels of trainers that obey, and of one that ignores every order and signal."""

from __future__ import annotations

import time

from azuraforge_lab.hostile import Deed, describe
from azuraforge_lab.steady import SteadyConfig
from invariants import judge
from scenario import Measured, percentile
from worker_house import House

from azuraforge_contracts import ExperimentState

LONG = SteadyConfig(epochs=2000, batches=20, pause_s=0.05)
P99_S = 6.0
DISOBEDIENT_S = 30.0
AT_ONCE = 3
DEFAULTS = {"AZURAFORGE_LEASE_RENEWAL_S": "5", "AZURAFORGE_STOP_GRACE_S": "20", "LAB_LEASE_S": "0"}
"""The product's own times: an order that is not published is read with a renewal, after up to five seconds."""


def cancel_the_cooperative(house: House, size: int) -> Measured:
    """`size` cancels, every second one with its hint on Pub/Sub lost."""
    house.start_worker(AZURAFORGE_WORKER_CONCURRENCY=str(AT_ONCE), LAB_BARE="1", **DEFAULTS)
    took, wrongs = [], []
    for start in range(0, size, AT_ONCE):
        task_ids = [house.train(LONG) for _ in range(min(AT_ONCE, size - start))]
        for task_id in task_ids:
            house.wait_for_epoch(task_id, 1)
        for place, task_id in enumerate(task_ids, start):
            house.cancel(task_id, is_published=place % 2 == 0)
        for task_id in task_ids:
            house.wait_for_state(task_id, ExperimentState.CANCELLED)
            took.append(_seconds(house, task_id))
            wrongs += judge(house, task_id)[1]
    p99 = percentile(took, 0.99)
    wrongs += [] if p99 < P99_S else [f"p99 of a cancel is {p99:.1f} s, more than {P99_S:.0f} s"]
    return Measured(f"{size} cancels, p50 {percentile(took, 0.5):.1f} s, p99 {p99:.1f} s", wrongs)


def cancel_the_disobedient(house: House, size: int) -> Measured:
    """One that ignores SIGTERM and orders, with a child in its group and two that have left it."""
    house.start_worker(LAB_BARE="1", **DEFAULTS)
    took, wrongs = [], []
    for _ in range(size):
        task_id = house.submit("lab_hostile", describe(Deed.DISOBEY))
        house.wait_for_epoch(task_id, 1)
        born = len(house.trainers(task_id))
        ordered = time.monotonic()
        house.cancel(task_id)
        house.wait_for_state(task_id, ExperimentState.CANCELLED)
        took.append(time.monotonic() - ordered)
        wrongs += [] if born >= 4 else [f"the disobedient one had only {born} processes"]
        wrongs += judge(house, task_id)[1]
    wrongs += [] if max(took) < DISOBEDIENT_S else [f"it took {max(took):.1f} s, more than {DISOBEDIENT_S:.0f} s"]
    return Measured(f"{size} of them, the slowest dead with its children after {max(took):.1f} s", wrongs)


def _seconds(house: House, task_id: str) -> float:
    events = house.events(task_id)
    ordered = next(one.ts for one in events if one.data.get("state") == ExperimentState.CANCELLING)
    return (events[-1].ts - ordered).total_seconds()
