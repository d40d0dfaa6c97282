"""From an accepted experiment to its results, through real processes."""

from __future__ import annotations

from azuraforge_lab.steady import SteadyConfig, train_undisturbed
from worker_house import House

from azuraforge_contracts import EventType, ExperimentState, LogRecord, SystemSample
from azuraforge_contracts.names import recent_logs_key, recent_samples_key


def test_an_accepted_experiment_is_trained_and_its_results_are_kept(house: House) -> None:
    house.start_worker()
    task_id = house.submit("lab_steady", {"epochs": 4})

    found = house.wait_for_state(task_id, ExperimentState.SUCCEEDED, ExperimentState.FAILED)

    assert found.state is ExperimentState.SUCCEEDED, found
    events = house.events(task_id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.data["epoch"] for event in events if event.type == EventType.EPOCH] == [1, 2, 3, 4]
    assert events[-1].type == EventType.END
    assert house.artifact(task_id, "weights.txt").decode() == train_undisturbed(SteadyConfig(epochs=4))
    assert house.results(task_id)["task_id"] == task_id

    logs = [LogRecord.model_validate_json(one) for one in house.redis.lrange(recent_logs_key(task_id), 0, -1)]
    told = [one.message.partition(":")[0] for one in logs if one.message.startswith("epoch")]
    assert told == [f"epoch {number} of 4" for number in range(1, 5)]
    assert [one.n for one in logs] == list(range(1, len(logs) + 1))
    (first, *_) = [
        SystemSample.model_validate_json(one) for one in house.redis.lrange(recent_samples_key(task_id), 0, -1)
    ]
    assert (first.memory_bytes or 0) > 1_000_000
    assert first.attempt == 1
