from __future__ import annotations

import threading

from azuraforge_ledger import LedgerUnavailable
from azuraforge_worker.housekeeping import Housekeeper


def test_a_pass_that_fails_is_followed_by_another() -> None:
    calls: list[int] = []
    is_enough = threading.Event()

    def run_pass() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise LedgerUnavailable("away")
        if len(calls) == 2:
            raise RuntimeError("a bug")
        is_enough.set()

    keeper = Housekeeper(run_pass, period_s=0.001)
    keeper.start()

    assert is_enough.wait(20)
    keeper.close()


def test_an_eager_one_does_not_wait_for_its_period() -> None:
    is_called = threading.Event()
    keeper = Housekeeper(is_called.set, period_s=600.0, is_eager=True)
    keeper.start()

    assert is_called.wait(20)
    keeper.close()
