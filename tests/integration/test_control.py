"""Control of experiments with real workers, trainers, ledger and broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from azuraforge_lab.steady import SteadyConfig, train_undisturbed
from gateway import Gateway, open_gateway
from invariants import find_wrongs
from worker_house import House, wait_until

from azuraforge.errors import ExitStatus
from azuraforge.main import run
from azuraforge_client import Conflict
from azuraforge_contracts import EventType, ExperimentPatch, ExperimentState, Origin
from azuraforge_worker.celery_app import send_wake_up

CONFIG = SteadyConfig(epochs=4, batches=20, pause_s=0.05)
BRIEF = {"epochs": 3, "batches": 4}


@pytest.fixture(scope="module")
def gateway(shared_house: House) -> Iterator[Gateway]:
    """A gateway before the busy worker."""
    with open_gateway(shared_house) as opened:
        with opened.client() as client:
            wait_until(lambda: client.pipelines.list().pipelines, what="a worker announces its pipelines")
        yield opened


def train(gateway: Gateway, **config: object) -> str:
    """Id of an experiment that has succeeded."""
    with gateway.client() as client:
        task_id = client.experiments.start("lab_steady", {**BRIEF, **config}).task_id
    gateway.house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    return task_id


def epochs_of(house: House, task_id: str) -> list[int]:
    return [event.data["epoch"] for event in house.events(task_id) if event.type == EventType.EPOCH]


def stored_files(house: House) -> set[Path]:
    return {path for path in (house.folder / "artifacts" / "sha256").rglob("*") if path.is_file()}


def prove(gateway: Gateway, *arguments: str) -> int:
    where = ["--url", f"http://127.0.0.1:{gateway.port}", "--key", gateway.key]
    return run(["--language", "en", "experiments", "prove", *arguments, *where])


def test_a_paused_training_goes_on_at_another_worker_with_the_same_weights(house: House) -> None:
    first = house.start_worker()
    task_id = house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    house.wait_for_epoch(task_id, 2)

    house.pause(task_id)

    house.wait_for_state(task_id, ExperimentState.PAUSED)
    assert house.trainers(task_id) == []
    assert first.stop() == 0
    assert house.read(task_id).state == ExperimentState.PAUSED
    house.start_worker(AZURAFORGE_WORK=str(house.folder / "another machine"))  # only the store is shared
    house.ledger.experiments.resume(task_id)
    send_wake_up(house.app, task_id)
    found = house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    assert (found.attempt, found.crashes) == (2, 0)
    resumed = next(event for event in house.events(task_id) if event.type == EventType.RESUMED)
    assert resumed.data["from_epoch"] >= 2
    assert find_wrongs(house, task_id, config=CONFIG) == []


def test_the_higher_priority_is_trained_first_whoever_was_woken(sqlite_house: House) -> None:
    sqlite_house.start_worker()
    blocker = sqlite_house.submit("lab_steady", {"epochs": 100, "pause_s": 0.05})
    sqlite_house.wait_for_epoch(blocker, 1)
    ids = [sqlite_house.submit("lab_steady", {"epochs": 1}) for _ in range(3)]
    for task_id, priority in zip(ids, (-1, 0, 1), strict=True):
        sqlite_house.ledger.control.amend(task_id, ExperimentPatch(priority=priority))
    for _ in range(3):
        send_wake_up(sqlite_house.app, ids[0])

    sqlite_house.cancel(blocker)

    found = [sqlite_house.wait_for_state(task_id, ExperimentState.SUCCEEDED) for task_id in ids]
    assert sorted(found, key=lambda one: str(one.started_at)) == found[::-1]
    assert [one.attempt for one in found] == [1, 1, 1]


def test_a_fork_goes_on_from_its_parent_s_weights(gateway: Gateway) -> None:
    house = gateway.house
    parent = train(gateway, epochs=3)
    with gateway.client() as client:
        kept = [one.epoch for one in client.experiments.checkpoints(parent) if one.is_kept]
        child = client.experiments.fork(parent, {"epochs": 5}, epoch=2).task_id
        house.wait_for_state(child, ExperimentState.SUCCEEDED)
        found = client.experiments.get(child)

    assert kept == [3, 2]
    assert (found.origin, found.parent) == (Origin.FORK, parent)
    assert epochs_of(house, child) == [3, 4, 5]
    # Nothing but the number of epochs was changed: had the child begun with other weights, it would not end with these.
    undisturbed = train_undisturbed(SteadyConfig(epochs=5, batches=4))
    assert house.artifact(child, "weights.txt").decode() == undisturbed


def test_a_fork_in_the_middle_of_an_epoch_ends_like_an_undisturbed_training(gateway: Gateway) -> None:
    house = gateway.house
    parent = house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    house.wait_for_epoch(parent, 1)
    house.pause(parent)
    house.wait_for_state(parent, ExperimentState.PAUSED)
    with gateway.client() as client:
        child = client.experiments.fork(parent).task_id
    house.wait_for_state(child, ExperimentState.SUCCEEDED)
    assert house.artifact(child, "weights.txt").decode() == train_undisturbed(CONFIG)
    assert house.read(parent).state == ExperimentState.PAUSED


def test_a_failed_training_is_retried_from_its_last_checkpoint(gateway: Gateway) -> None:
    house = gateway.house
    parent = house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    house.wait_for_epoch(parent, 2)
    house.cancel(parent)
    house.wait_for_state(parent, ExperimentState.CANCELLED)
    with gateway.client() as client:
        child = client.experiments.retry(parent).task_id
    house.wait_for_state(child, ExperimentState.SUCCEEDED)
    assert epochs_of(house, child)[0] >= 3
    assert house.artifact(child, "weights.txt").decode() == train_undisturbed(CONFIG)


def test_a_deletion_leaves_no_file_in_the_store(gateway: Gateway) -> None:
    house = gateway.house
    before = stored_files(house)
    task_id = train(gateway, seed=31)
    with gateway.client() as client:
        child = client.experiments.rerun(task_id).task_id
        house.wait_for_state(child, ExperimentState.SUCCEEDED)
        with pytest.raises(Conflict, match="needs this experiment"):
            client.experiments.delete(task_id)
        client.experiments.delete(child)
        client.experiments.delete(task_id)
        assert client.experiments.list(text=task_id, archived="all").total == 0
    assert stored_files(house) == before


def test_a_proof_reproduces_bit_for_bit(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(gateway, train(gateway)) == ExitStatus.DONE
    assert "Reproduced bit for bit: 3 epochs, 2 layers after each, the final weights." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"seed": 8}, ["Differs in epoch 1: the weights of layer 0", "seed: 8, it was 7"]),
        ({"nudge_epoch": 2}, ["Differs in epoch 2: the weights of layer 3", "config_hash"]),
    ],
)
def test_a_proof_names_the_epoch_the_layer_and_what_was_not_the_same(
    gateway: Gateway, capsys: pytest.CaptureFixture[str], fault: dict[str, int], said: list[str]
) -> None:
    expected, found = train(gateway), train(gateway, **fault)
    assert prove(gateway, expected, "--with", found) == ExitStatus.DIFFERENT
    out = capsys.readouterr().out
    assert [words for words in said if words not in out] == []


def test_what_it_ran_with_and_its_checkpoints_outlive_its_folder(gateway: Gateway) -> None:
    house = gateway.house
    task_id = train(gateway)
    found = house.read(task_id).provenance
    assert found is not None
    assert (found.seed, found.app, found.device, found.threads) == (7, "azuraforge-lab", "cpu", 1)
    assert (found.config_hash, found.weights_hash) == (
        house.read(task_id).config_hash,
        house.artifact(task_id, "weights.txt").decode(),
    )
    assert all((found.data_hash, found.app_digest, found.machine.cpu, found.versions["numpy"], found.kernels))
    wait_until(lambda: _leftovers(house.work / task_id) == [], what="the folder is swept")
    assert [one.epoch for one in house.ledger.control.list_checkpoints(task_id) if one.is_kept] == [3, 2]
    stored = house.results(task_id)["provenance"]
    assert (stored["data_hash"], stored["app_digest"]) == (found.data_hash, found.app_digest)


def _leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != "trainer.log"]
