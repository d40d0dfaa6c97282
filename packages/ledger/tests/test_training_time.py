from __future__ import annotations

import pytest

from azuraforge_contracts import EventType
from azuraforge_contracts.names import LEASE_S
from azuraforge_ledger import Ledger, PassMemory, housekeeping
from azuraforge_ledger.housekeeping import SECOND_LOOK_S
from azuraforge_ledger.testing import pass_time, play
from azuraforge_ledger.training_time import read_trained_s


def trained_s(ledger: Ledger, task_id: str) -> float:
    with ledger.database.read() as connection:
        return read_trained_s(connection, task_id)


def test_queueing_and_pausing_are_not_training(ledger: Ledger) -> None:
    task_id = play.submit(ledger)
    pass_time(ledger, 1000)
    play.start(ledger, task_id)
    pass_time(ledger, 40)
    ledger.experiments.request_pause(task_id)
    pass_time(ledger, 2)
    ledger.experiments.confirm_paused(task_id, attempt=1)
    pass_time(ledger, 5000)
    ledger.experiments.resume(task_id)
    pass_time(ledger, 300)
    play.start(ledger, task_id)
    pass_time(ledger, 10)
    ledger.leases.release(task_id, attempt=2, reason="restart")

    assert trained_s(ledger, task_id) == pytest.approx(52, abs=1)


def test_a_lost_worker_trained_until_it_was_last_heard(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    pass_time(ledger, 25)
    ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(1))
    memory = PassMemory()
    for seconds in (100 * LEASE_S, SECOND_LOOK_S):
        pass_time(ledger, seconds, memory=memory)
        housekeeping.run_pass(ledger, memory, send=lambda _: None, publish=lambda _: None, live_pipelines=lambda: None)

    assert trained_s(ledger, task_id) == pytest.approx(25, abs=1)


def test_a_claim_knows_the_limit_and_what_is_used_of_it(ledger: Ledger) -> None:
    task_id = play.start(ledger)
    play.limit_time(ledger, task_id, 600.0)
    pass_time(ledger, 90)
    ledger.leases.release(task_id, attempt=1, reason="restart")

    claim = ledger.leases.claim(task_id, worker_id="w")

    assert claim is not None
    assert claim.time_limit_s == 600.0
    assert claim.trained_s == pytest.approx(90, abs=1)
