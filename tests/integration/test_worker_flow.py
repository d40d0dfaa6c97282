"""From an accepted experiment to its results, through real processes."""

from __future__ import annotations

from azuraforge_lab.steady import SteadyConfig, train_undisturbed
from worker_house import House

from azuraforge_contracts import EventType, ExperimentState


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
