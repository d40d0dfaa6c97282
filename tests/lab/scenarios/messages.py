"""Messages that nobody should follow: repeated, forged, and for experiments that rest or have ended."""

from __future__ import annotations

from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from scenario import Measured
from worker_house import House

from azuraforge_contracts import ExperimentState, new_id
from azuraforge_worker.celery_app import send_wake_up

CONFIG = SteadyConfig(epochs=6, batches=4, pause_s=0.04)
FORGED = (new_id(), "../../etc/passwd", "", "x" * 10_000, "'; drop table experiment; --", "\x00", "0" * 36)
REPEATS = 10
AT_ONCE = 4


def repeat_and_forge(house: House, size: int) -> Measured:
    """`size` experiments, each woken ten times before and while it runs, among forgeries, by two workers."""
    workers = [house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="2", LAB_BARE="1") for _ in range(2)]
    wrongs: list[str] = []
    for start in range(0, size, AT_ONCE):
        task_ids = [house.train(CONFIG) for _ in range(min(AT_ONCE, size - start))]
        _flood(house, task_ids)
        for task_id in task_ids:
            house.wait_for_epoch(task_id, 1)
        _flood(house, task_ids)
        for task_id in task_ids:
            found = house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)
            wrongs += [] if found.attempt == 1 else [f"{task_id} was started {found.attempt} times"]
            wrongs += find_wrongs(house, task_id, config=CONFIG)
    wrongs += [f"a worker ended: {one.log.read_text()[-300:]}" for one in workers if one.process.poll() is not None]
    return Measured(f"{size * 2 * REPEATS} repeated, {size * 2 * len(FORGED) // AT_ONCE} forged: none followed", wrongs)


def _flood(house: House, task_ids: list[str]) -> None:
    for forged in FORGED:
        send_wake_up(house.app, forged)
    house.app.send_task("start_training_pipeline", args=[{"id": 1}], queue="train")
    house.app.send_task("start_training_pipeline", args=[], kwargs={"other": None}, queue="train")
    house.app.send_task("no_such_task", args=[], queue="train")
    for _ in range(REPEATS):
        for task_id in task_ids:
            send_wake_up(house.app, task_id)
