"""Cancels, and messages that nobody should follow."""

from __future__ import annotations

from worker_house import House, wait_until

from azuraforge_contracts import EventType, ExperimentState, new_id
from azuraforge_worker.celery_app import send_wake_up

LONG = {"epochs": 2000, "batches": 20, "pause_s": 0.05}


def test_a_cancelled_training_stops_within_6_s_and_leaves_only_its_log(shared_house: House) -> None:
    task_id = shared_house.submit("lab_steady", LONG)
    shared_house.wait_for_epoch(task_id, 1)

    shared_house.cancel(task_id)

    shared_house.wait_for_state(task_id, ExperimentState.CANCELLED)
    events = shared_house.events(task_id)
    ordered = next(event.ts for event in events if event.data.get("state") == ExperimentState.CANCELLING)
    assert (events[-1].ts - ordered).total_seconds() < 6
    assert events[-2].data["reason"] != "worker lost"
    assert events[-3].type == EventType.CHECKPOINT  # it stopped at a batch, with a checkpoint
    assert shared_house.trainers(task_id) == []
    folder = shared_house.work / task_id / "1"
    wait_until(lambda: [path.name for path in folder.iterdir()] == ["trainer.log"], what="the folder is swept")


def test_a_repeated_message_starts_nothing_twice(shared_house: House) -> None:
    task_id = shared_house.submit("lab_steady", {"epochs": 10, "pause_s": 0.05})
    for _ in range(5):
        send_wake_up(shared_house.app, task_id)

    found = shared_house.wait_for_state(task_id, ExperimentState.SUCCEEDED)

    send_wake_up(shared_house.app, task_id)
    assert found.attempt == 1
    assert [e.data["epoch"] for e in shared_house.events(task_id) if e.type == EventType.EPOCH] == list(range(1, 11))


def test_a_forged_message_harms_nothing(shared_house: House) -> None:
    for forged in (new_id(), "../../etc/passwd", "", "x" * 10_000, "'; drop table experiment; --"):
        send_wake_up(shared_house.app, forged)
    shared_house.app.send_task("start_training_pipeline", args=[{"id": 1}], queue="train")
    shared_house.app.send_task("start_training_pipeline", args=[], kwargs={"other": None}, queue="train")
    shared_house.app.send_task("no_such_task", args=[], queue="train")

    task_id = shared_house.submit("lab_steady", {"epochs": 1})

    shared_house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    assert shared_house.workers[0].process.poll() is None


def test_a_wrong_config_fails_with_the_field(shared_house: House) -> None:
    task_id = shared_house.submit("lab_steady", {"epochs": 0})

    found = shared_house.wait_for_state(task_id, ExperimentState.FAILED)

    assert found.failure is not None
    assert found.failure.message.startswith("/epochs: ")


def test_a_pipeline_that_a_worker_does_not_offer_is_left_to_others(shared_house: House) -> None:
    foreign = shared_house.submit("lab_unknown", {})

    own = shared_house.submit("lab_steady", {"epochs": 1})

    shared_house.wait_for_state(own, ExperimentState.SUCCEEDED)
    assert shared_house.read(foreign).state == ExperimentState.QUEUED


def test_a_gpu_that_is_asked_for_and_missing_fails_with_the_remedy(sqlite_house: House) -> None:
    sqlite_house.start_worker(AZURAFORGE_DEVICE="gpu")
    task_id = sqlite_house.submit("lab_steady", {"epochs": 1})

    found = sqlite_house.wait_for_state(task_id, ExperimentState.FAILED, ExperimentState.SUCCEEDED)

    assert found.failure is not None
    assert "AZURAFORGE_DEVICE=cpu" in found.failure.message + found.failure.hint
