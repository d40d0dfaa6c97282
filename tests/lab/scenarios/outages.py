"""The broker killed and flushed, and the database stopped at once, under running trainings."""

from __future__ import annotations

import time

from azuraforge_lab.steady import SteadyConfig
from gateway import open_gateway
from invariants import find_wrongs
from own_postgres import OwnPostgres
from scenario import Measured, Scenario
from watchers import Ear, Watcher
from worker_house import House

from azuraforge_contracts import ExperimentState
from azuraforge_ledger.testing import list_task_ids, pass_time

CONFIG = SteadyConfig(epochs=12, batches=4, pause_s=0.06)
UNCLAIMED_S = 20
AWAY_S = 2.0
UNFLUSHED_S = 0.7
"""Our own commit writes the log of everybody before it; what workers commit in this time is theirs alone."""


def lose_the_broker(house: House, size: int) -> Measured:
    """`size` times: the broker ends with everything it held while one trains, one waits, and one more is posted."""
    house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="1")
    wrongs: list[str] = []
    ids: list[str] = []
    with open_gateway(house) as gateway, gateway.client() as client:
        house.wait(lambda: client.pipelines.list().pipelines, what="a worker announces its pipelines")
        for _ in range(size):
            running, waiting = house.train(CONFIG), house.train(CONFIG)
            house.wait_for_epoch(running, 1)
            watchers = [Watcher(gateway, task_id) for task_id in (running, waiting)]
            house.stop_broker()
            posted = client.experiments.start("lab_steady", CONFIG.model_dump(mode="json")).task_id
            watchers.append(Watcher(gateway, posted))
            house.wait_for_epoch(running, CONFIG.epochs // 2)
            house.start_broker()
            pass_time(house.ledger, UNCLAIMED_S)  # a message that was sent once is sent again after 15 s
            ids += [running, waiting, posted]
            wrongs += _see_to_the_end(house, watchers)
    wrongs += [] if len(list_task_ids(house.ledger)) == len(ids) else ["experiments were lost or doubled"]
    return Measured(f"{size} outages, {len(ids)} accepted, 0 lost", wrongs)


def lose_the_database(postgres: OwnPostgres) -> Scenario:
    """The scenario on a server that it may stop."""

    def play(house: House, size: int) -> Measured:
        house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="2", LAB_BARE="1")
        accepted: list[str] = []
        wrongs: list[str] = []
        with Ear(house) as ear:
            for _ in range(size):
                accepted += [house.train(CONFIG) for _ in range(2)]
                house.wait_for_epoch(accepted[-1], 2)
                accepted.append(house.train(CONFIG))
                time.sleep(UNFLUSHED_S)
                postgres.stop_at_once()
                time.sleep(AWAY_S)
                postgres.start()
            for task_id in accepted:
                house.wait_for_state(task_id, *_ENDS)
                wrongs += find_wrongs(house, task_id, config=CONFIG, published=ear.heard[task_id])
        failed = [one for one in accepted if house.read(one).crashes]
        wrongs += [f"{one} counts a crash that was none" for one in failed]
        return Measured(f"{size} immediate stops of {AWAY_S:.0f} s, {len(accepted)} accepted, 0 lost", wrongs)

    return play


_ENDS = (ExperimentState.SUCCEEDED, ExperimentState.FAILED, ExperimentState.CANCELLED)


def _see_to_the_end(house: House, watchers: list[Watcher]) -> list[str]:
    wrongs = []
    for watcher in watchers:
        house.wait_for_state(watcher.task_id, *_ENDS)
        house.wait(lambda: watcher.has_seen_the_end, what="a viewer sees the end")  # noqa: B023
        wrongs += find_wrongs(house, watcher.task_id, config=CONFIG, views=[watcher.close()])
    return wrongs
