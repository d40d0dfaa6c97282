"""What an app may do to the platform: each deed ends in a clear state, and the worker lives on."""

from __future__ import annotations

import json
import os

import pytest
from azuraforge_lab.hostile import Deed, describe
from worker_house import House, wait_until

from azuraforge_contracts import Event, EventType, ExperimentState, FailureCode

FAILURES = {
    Deed.ALLOCATE: (FailureCode.OUT_OF_MEMORY, "more memory"),
    Deed.DATA_ERROR: (FailureCode.DATA_ERROR, "/source/csv: The file has no rows."),
    Deed.EXIT_3: (FailureCode.CRASH_LOOP, "status 3"),
    Deed.GARBAGE: (FailureCode.USER_ERROR, "line 2 is not a trainer line"),
    Deed.HUGE_LINE: (FailureCode.USER_ERROR, "line 2 is longer than 65536 bytes"),
    Deed.LEAVE_FOLDER: (FailureCode.USER_ERROR, "leads out of the attempt's folder"),
    Deed.LIE: (FailureCode.USER_ERROR, "changed after it was reported"),
    Deed.NO_RESULTS: (FailureCode.USER_ERROR, "results.json is not azf.results/1"),
    Deed.RAISE: (FailureCode.USER_ERROR, "ZeroDivisionError: a bug in the app"),
    Deed.SKIP_EPOCH: (FailureCode.USER_ERROR, "epochs out of order"),
    Deed.SYS_EXIT: (FailureCode.USER_ERROR, "SystemExit: enough"),
    Deed.WRONG_ORDER: (FailureCode.USER_ERROR, "after the last word"),
}
SUCCESSES = [Deed.ENVIRONMENT, Deed.FLOOD, Deed.NAN_EPOCH]
SECRETS = ("AZURAFORGE_DATABASE_URL", "AZURAFORGE_REDIS_URL", "AZURAFORGE_OWNER_KEY", "LAB_SECRET")
TERMINAL = (ExperimentState.SUCCEEDED, ExperimentState.FAILED, ExperimentState.CANCELLED)


@pytest.fixture(scope="module")
def experiments(shared_house: House) -> dict[Deed, str]:
    """Every deed, accepted at once; the disobedient one is cancelled as soon as it runs."""
    ids = {deed: shared_house.submit("lab_hostile", describe(deed)) for deed in [Deed.DISOBEY, *FAILURES, *SUCCESSES]}
    shared_house.wait_for_epoch(ids[Deed.DISOBEY], 1)
    shared_house.cancel(ids[Deed.DISOBEY])
    return ids


@pytest.mark.parametrize("deed", FAILURES)
def test_a_bad_deed_fails_with_a_clear_code(shared_house: House, experiments: dict[Deed, str], deed: Deed) -> None:
    found = shared_house.wait_for_state(experiments[deed], *TERMINAL, deadline_s=100)

    code, words = FAILURES[deed]
    assert found.failure is not None, found
    assert found.failure.code == code
    assert words in found.failure.message
    assert "Traceback" not in found.failure.message
    assert shared_house.ledger.artifacts.list_for(experiments[deed]) == []


@pytest.mark.parametrize("deed", SUCCESSES)
def test_what_harms_nobody_succeeds(shared_house: House, experiments: dict[Deed, str], deed: Deed) -> None:
    found = shared_house.wait_for_state(experiments[deed], *TERMINAL, deadline_s=100)

    assert found.state is ExperimentState.SUCCEEDED, found


def test_a_trainer_sees_no_credential(shared_house: House, experiments: dict[Deed, str]) -> None:
    shared_house.wait_for_state(experiments[Deed.ENVIRONMENT], *TERMINAL, deadline_s=100)

    seen = json.loads(shared_house.artifact(experiments[Deed.ENVIRONMENT], "environment.json"))
    assert [name for name in SECRETS if name in seen] == []
    assert shared_house.redis_url not in str(seen)
    assert shared_house.database_url not in str(seen)
    assert seen["OPENBLAS_NUM_THREADS"] == "1"


def test_a_number_that_is_not_finite_is_null_and_named(shared_house: House, experiments: dict[Deed, str]) -> None:
    shared_house.wait_for_state(experiments[Deed.NAN_EPOCH], *TERMINAL, deadline_s=100)

    (epoch,) = [e for e in shared_house.events(experiments[Deed.NAN_EPOCH]) if e.type == EventType.EPOCH]
    assert epoch.data["metrics"] == {"loss": None}
    assert epoch.data["nonfinite"] == ["loss"]


def test_the_traceback_is_in_the_private_log_alone(shared_house: House, experiments: dict[Deed, str]) -> None:
    task_id = experiments[Deed.RAISE]
    shared_house.wait_for_state(task_id, *TERMINAL, deadline_s=100)

    kept = wait_until(lambda: _swept_files(shared_house, task_id), what="the attempt's folder is swept")
    assert kept == ["trainer.log"]
    assert "ZeroDivisionError" in (shared_house.work / task_id / "1" / "trainer.log").read_text()


def test_one_that_ignores_every_order_is_dead_with_its_children_within_30_s(
    shared_house: House, experiments: dict[Deed, str]
) -> None:
    task_id = experiments[Deed.DISOBEY]
    shared_house.wait_for_state(task_id, ExperimentState.CANCELLED, deadline_s=60)

    assert _seconds_of_cancel(shared_house.events(task_id)) < 30
    assert shared_house.trainers(task_id) == []
    assert shared_house.workers[0].process.poll() is None


def _swept_files(house: House, task_id: str) -> list[str]:
    files = sorted(entry.name for entry in os.scandir(house.work / task_id / "1"))
    return files if "job.json" not in files else []


def _seconds_of_cancel(events: list[Event]) -> float:
    ordered = next(e.ts for e in events if e.data.get("state") == ExperimentState.CANCELLING)
    return (events[-1].ts - ordered).total_seconds()
