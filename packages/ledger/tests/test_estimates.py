from __future__ import annotations

from collections.abc import Sequence

from azuraforge_contracts import EventType, QueuePlace
from azuraforge_ledger import Crew, Ledger
from azuraforge_ledger.testing import play

CREW = Crew(workers=frozenset({play.WORKER}), pipelines=frozenset({"stock_predictor"}), capacity=1)


def submit(ledger: Ledger, *, config_hash: str, epochs: int = 10) -> str:
    config = {"training": {"epochs": epochs}}
    new = play.new_experiment()
    return ledger.experiments.submit(
        type(new)(**{**vars(new), "config": config, "config_hash": config_hash})
    ).experiment.task_id


def train(ledger: Ledger, task_id: str, *, seconds: Sequence[float]) -> None:
    play.start(ledger, task_id)
    for number, one in enumerate(seconds, start=1):
        data = play.epoch(number).model_copy(update={"seconds": one, "epochs": 10})
        ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=data)


def place_of(ledger: Ledger, task_id: str, *, capacity: int = 1) -> QueuePlace:
    crew = Crew(CREW.workers, CREW.pipelines, capacity)
    place = ledger.control.find_place(task_id, crew=crew)
    assert place is not None
    return place


def test_the_median_epoch_of_the_same_config_comes_first(ledger: Ledger) -> None:
    train(ledger, submit(ledger, config_hash="a"), seconds=[1.0, 2.0, 90.0])
    train(ledger, submit(ledger, config_hash="b"), seconds=[50.0, 50.0, 50.0])
    place = place_of(ledger, submit(ledger, config_hash="a"))
    assert (place.trains_for_s, place.basis) == (20.0, "config")


def test_the_pipeline_s_epochs_stand_in_for_a_new_config(ledger: Ledger) -> None:
    train(ledger, submit(ledger, config_hash="a"), seconds=[3.0])
    place = place_of(ledger, submit(ledger, config_hash="new"))
    assert (place.trains_for_s, place.basis) == (30.0, "pipeline")


def test_a_turn_comes_when_what_is_ahead_has_had_its_own(ledger: Ledger) -> None:
    running = submit(ledger, config_hash="a")
    train(ledger, running, seconds=[2.0] * 4)  # six epochs of 2 s are left; its own forecast is null
    ahead, mine = submit(ledger, config_hash="a", epochs=5), submit(ledger, config_hash="a")
    assert place_of(ledger, ahead).starts_in_s == 12.0
    assert place_of(ledger, mine).starts_in_s == 22.0
    assert place_of(ledger, mine, capacity=2).starts_in_s == 10.0
    assert place_of(ledger, mine, capacity=3).starts_in_s == 0.0


def test_a_training_that_overran_its_forecast_makes_no_negative_time(ledger: Ledger) -> None:
    running = submit(ledger, config_hash="a")
    train(ledger, running, seconds=[1.0] * 12)
    assert place_of(ledger, submit(ledger, config_hash="a")).starts_in_s == 0.0
    ledger.leases.release(running, attempt=1, reason="restart")
    assert place_of(ledger, running).trains_for_s == 0.0


def test_without_any_epoch_measured_there_is_no_number(ledger: Ledger) -> None:
    place = place_of(ledger, submit(ledger, config_hash="a"))
    assert (place.trains_for_s, place.reason) == (None, "no_history")
