"""How soon a dead worker is missed: its experiment runs again, and its pipelines leave the catalog."""

from __future__ import annotations

import time

from azuraforge_lab.steady import SteadyConfig
from gateway import Gateway, open_gateway
from invariants import judge
from scenario import Measured
from worker_house import House, Worker

from azuraforge_contracts import ExperimentState

CONFIG = SteadyConfig(epochs=400, batches=5, pause_s=0.05)
AGAIN_S = 45.0
GONE_S = 35.0
GOODBYE_S = 2.0
DEFAULTS = {"AZURAFORGE_LEASE_RENEWAL_S": "5", "AZURAFORGE_HOUSEKEEPING_S": "3", "LAB_LEASE_S": "0"}


def miss_the_dead(house: House, size: int) -> Measured:
    """`size` deaths by the product's own times: a worker is killed, another one takes its training over."""
    return _miss(house, size, DEFAULTS)


def miss_the_dead_soon(house: House, size: int) -> Measured:
    """The same with the lab's short times, for the test suite."""
    return _miss(house, size, {"AZURAFORGE_ANNOUNCEMENT_TTL_S": "2", "AZURAFORGE_ANNOUNCEMENT_PERIOD_S": "0.5"})


def _miss(house: House, size: int, times: dict[str, str]) -> Measured:
    again, gone, goodbye = [], [], []
    wrongs: list[str] = []
    with open_gateway(house, **times) as gateway:
        for _ in range(size):
            first = house.start_worker(**times)
            task_id = house.train(CONFIG)
            house.wait_for_epoch(task_id, 1)
            second = house.start_worker(**times)
            house.wait(lambda: len(_workers(gateway)) == 2, what="both workers are in the catalog")
            first.kill()
            died = time.monotonic()
            gone.append(_wait(house, lambda: len(_workers(gateway)) == 1, since=died, what="the dead one leaves"))
            again.append(_wait(house, lambda: _runs_again(house, task_id), since=died, what="it runs again"))  # noqa: B023
            house.cancel(task_id)
            house.wait_for_state(task_id, ExperimentState.CANCELLED)
            wrongs += judge(house, task_id)[1]
            goodbye.append(_say_goodbye(house, gateway, second))
    limits = ((again, AGAIN_S, "runs again"), (gone, GONE_S, "is gone"), (goodbye, GOODBYE_S, "left"))
    for values, limit, what in limits:
        wrongs += [] if max(values) < limit else [f"{what} after {max(values):.1f} s, more than {limit:.0f} s"]
    return Measured(
        f"runs again after {max(again):.0f} s, gone after {max(gone):.0f} s, on SIGTERM {max(goodbye):.1f} s", wrongs
    )


def _say_goodbye(house: House, gateway: Gateway, worker: Worker) -> float:
    worker.process.terminate()
    stopped = time.monotonic()
    took = _wait(house, lambda: not _workers(gateway), since=stopped, what="the stopped one leaves")
    worker.process.wait(house.deadline_s)
    return took


def _wait(house: House, is_so: object, *, since: float, what: str) -> float:
    house.wait(is_so, what=what)  # type: ignore[arg-type]
    return time.monotonic() - since


def _workers(gateway: Gateway) -> list[str]:
    with gateway.client() as client:
        return [one.worker_id for one in client.pipelines.list().live_workers]


def _runs_again(house: House, task_id: str) -> bool:
    found = house.read(task_id)
    return found.attempt > 1 and found.state is ExperimentState.RUNNING
