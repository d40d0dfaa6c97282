"""Pausing, retrying, forking, proving, archiving and deleting over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway_fakes import DEADLINE_S, FakeWorker, Gateway, run_gateway

from azuraforge_contracts import (
    ArtifactSaved,
    CheckpointFile,
    EpochFinished,
    EventType,
    ExperimentEnded,
    ExperimentState,
    Failure,
    FailureCode,
    ReadyReport,
)
from azuraforge_ledger import ArtifactStore

API = "/api/v1/experiments"


@pytest.fixture(scope="module")
def gateway(clean_redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=clean_redis, folder=folder, preflight_wait_s=DEADLINE_S) as running:
        yield running


class Lab:
    """Trains without a trainer."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.ledger = gateway.ledger
        self.store = ArtifactStore(gateway.settings.artifacts)

    def run(self, task_id: str, *, epochs: int = 2, weights: str = "00") -> str:
        claim = self.ledger.leases.claim(task_id, worker_id="w")
        assert claim is not None
        self.ledger.leases.begin(task_id, attempt=claim.attempt, ready=ReadyReport(device="cpu"))
        for epoch in range(claim.last_epoch + 1, claim.last_epoch + epochs + 1):
            told = EpochFinished(
                epoch=epoch, epochs=epochs, metrics={"loss": 1 / epoch}, seconds=1.0, weights={"0": weights}
            )
            self.ledger.events.append(task_id, attempt=claim.attempt, type=EventType.EPOCH, data=told)
            made = CheckpointFile(path=f"c/{epoch}", epoch=epoch, step=epoch, sha256=f"{epoch:064x}", bytes=1)
            self.ledger.checkpoints.add(task_id, attempt=claim.attempt, checkpoint=made)
        wanted = self.ledger.control.list_wanted_checkpoints(task_id)
        stored = {row.seq: self.put(f"{task_id} {row.seq}") for row in wanted}
        self.ledger.control.keep_checkpoints(task_id, attempt=claim.attempt, stored=stored)
        facts = {"weights_hash": weights}
        self.ledger.control.note_facts(task_id, attempt=claim.attempt, facts=facts)
        return task_id

    def put(self, content: str) -> str:
        return self.store.put_written(lambda out: out.write(content.encode()) and None)[0]

    def succeed(self, task_id: str | None = None, *, weights: str = "00") -> str:
        task_id = self.run(task_id or self.gateway.submit(), weights=weights)
        saved = ArtifactSaved(
            name="results.json", kind="results", media_type="application/json", sha256=self.put(task_id), bytes=1
        )
        ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
        self.ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=[saved], ended=ended)
        return task_id

    def fail(self, *, epochs: int = 2) -> str:
        task_id = self.run(self.gateway.submit(), epochs=epochs)
        failure = Failure(code=FailureCode.DIVERGED, message="It diverged.")
        self.ledger.experiments.fail(task_id, attempt=1, failure=failure)
        return task_id

    def post(self, task_id: str, action: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.gateway.client.post(f"{API}/{task_id}/{action}", json=body, headers=headers)

    def get(self, task_id: str, rest: str = "") -> Any:
        return self.gateway.client.get(f"{API}/{task_id}{rest}").json()


@pytest.fixture
def lab(gateway: Gateway, worker: FakeWorker) -> Lab:
    return Lab(gateway)


def test_a_pause_and_a_resume_may_be_repeated(lab: Lab) -> None:
    task_id = lab.gateway.submit()
    for _ in range(2):
        answer = lab.post(task_id, "pause")
        assert (answer.status_code, answer.json()["state"]) == (202, "paused")
    assert answer.json()["actions"] == ["resume", "cancel", "rerun", "fork"]
    for _ in range(2):
        answer = lab.post(task_id, "resume")
        assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert lab.get(task_id)["last_seq"] == 3


def test_a_conflict_says_the_state_and_what_is_possible(lab: Lab) -> None:
    answer = lab.post(lab.succeed(), "pause")
    assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
    [whole] = answer.json()["errors"]
    assert whole["params"] == {
        "state": "succeeded",
        "possible": ["rerun", "fork", "prove", "archive", "delete"],
    }


def test_a_queued_one_has_a_place_and_an_estimate_of_what_was_measured(lab: Lab) -> None:
    lab.succeed()
    lab.gateway.submit(config={"training": {"epochs": 3}})
    task_id = lab.gateway.submit(config={"training": {"epochs": 4}}, priority=1)
    place = lab.get(task_id)["queue"]
    assert (place["position"], place["workers"], place["capacity"]) == (1, 1, 1)
    assert (place["trains_for_s"], place["basis"], place["starts_in_s"]) == (4.0, "pipeline", 0.0)


def test_what_is_not_queued_has_no_place(lab: Lab) -> None:
    assert lab.get(lab.succeed())["queue"] is None


def test_a_retry_is_a_new_experiment_that_goes_on(lab: Lab) -> None:
    parent = lab.fail()
    first = lab.post(parent, "retry", **{"Idempotency-Key": "again"})
    assert first.status_code == 202, first.text
    child = lab.get(first.json()["task_id"])
    assert first.headers["location"] == f"{API}/{child['task_id']}"
    assert (child["parent"], child["origin"], child["fork_point"]["epoch"]) == (parent, "rerun", 2)
    assert lab.post(parent, "retry", **{"Idempotency-Key": "again"}).json() == first.json()
    assert [one["task_id"] for one in lab.get(parent)["children"]] == [child["task_id"]]
    assert lab.get(parent)["state"] == "failed"


def test_a_retry_without_a_kept_checkpoint_begins_anew(lab: Lab) -> None:
    parent = lab.gateway.submit()
    lab.post(parent, "cancel")
    assert lab.get(lab.post(parent, "retry").json()["task_id"])["fork_point"] is None


def test_what_has_not_failed_is_not_retried(lab: Lab) -> None:
    assert lab.post(lab.succeed(), "retry").json()["code"] == "state_conflict"


def test_a_rerun_has_the_same_config_from_the_beginning(lab: Lab) -> None:
    parent = lab.succeed()
    child = lab.get(lab.post(parent, "rerun", {"name": "Again", "priority": 4}).json()["task_id"])
    assert (child["config"], child["config_hash"]) == (lab.get(parent)["config"], lab.get(parent)["config_hash"])
    assert (child["name"], child["priority"], child["origin"], child["fork_point"]) == ("Again", 4, "rerun", None)


def test_a_fork_starts_at_the_epoch_with_a_changed_config(lab: Lab) -> None:
    parent = lab.succeed()
    changes = {"training": {"learning_rate": 0.5, "epochs": 9}}
    answer = lab.post(parent, "fork", {"epoch": 1, "changes": changes, "name": "Faster"})
    child = lab.get(answer.json()["task_id"])
    assert (child["origin"], child["fork_point"]["epoch"], child["name"]) == ("fork", 1, "Faster")
    assert child["config"]["training"] == {"epochs": 9, "learning_rate": 0.5, "seed": 7}
    assert child["config_hash"] != lab.get(parent)["config_hash"]


def test_a_fork_with_a_wrong_change_is_refused_at_its_field(lab: Lab) -> None:
    parent = lab.succeed()
    for changes, pointer in (
        ({"training": {"epochs": -1}}, "/changes/training/epochs"),
        ({"training": {"seed": 8}}, "/changes/training/seed"),
        ({"unknown": 1}, "/changes/unknown"),
    ):
        answer = lab.post(parent, "fork", {"changes": changes})
        assert (answer.status_code, answer.json()["code"]) == (422, "config_invalid")
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert lab.get(parent)["children"] == []


def test_a_fork_where_nothing_is_kept_names_the_epochs_that_are(lab: Lab) -> None:
    answer = lab.post(lab.succeed(), "fork", {"epoch": 7})
    assert (answer.status_code, answer.json()["code"]) == (409, "checkpoint_missing")
    assert answer.json()["errors"][0]["params"] == {"choices": ["1", "2"]}


def test_checkpoints_say_which_are_kept(lab: Lab) -> None:
    found = lab.get(lab.succeed(), "/checkpoints")
    assert [(one["epoch"], one["is_kept"]) for one in found] == [(2, True), (1, True)]


def test_a_proof_is_pending_then_reproduced(lab: Lab) -> None:
    parent = lab.succeed()
    child = lab.post(parent, "prove").json()["task_id"]
    assert lab.get(child)["origin"] == "proof"
    assert lab.get(parent, f"/proof/{child}")["verdict"] == "pending"
    lab.succeed(child)
    proof = lab.get(parent, f"/proof/{child}")
    assert (proof["verdict"], proof["epochs_compared"], proof["layers_compared"]) == ("reproduced", 2, 1)


def test_a_proof_that_fails_names_epoch_and_layer(lab: Lab) -> None:
    parent = lab.succeed()
    child = lab.succeed(lab.post(parent, "prove").json()["task_id"], weights="01")
    difference = lab.get(parent, f"/proof/{child}")["difference"]
    assert (difference["epoch"], difference["layer"]) == (1, "0")


@pytest.mark.parametrize("other", ["nothing", "0197f9a0-0000-7000-8000-00000000000a", "..%2f.."])
def test_a_proof_with_a_stranger_is_not_found(lab: Lab, other: str) -> None:
    assert lab.gateway.client.get(f"{API}/{lab.succeed()}/proof/{other}").status_code == 404


def test_a_patch_changes_what_it_names(lab: Lab) -> None:
    task_id = lab.gateway.submit()
    client = lab.gateway.client
    answer = client.patch(f"{API}/{task_id}", json={"priority": 10, "time_limit_s": 60})
    assert (answer.json()["priority"], answer.json()["time_limit_s"]) == (10, 60)
    answer = client.patch(f"{API}/{task_id}", json={"time_limit_s": None, "name": "Renamed"})
    assert (answer.json()["name"], answer.json()["priority"], answer.json()["time_limit_s"]) == ("Renamed", 10, None)


@pytest.mark.parametrize(
    "body", [{"priority": 11}, {"priority": -11}, {"time_limit_s": 0}, {"nmae": "x"}, {"name": ""}]
)
def test_a_patch_out_of_range_is_refused(lab: Lab, body: Any) -> None:
    answer = lab.gateway.client.patch(f"{API}/{lab.gateway.submit()}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_an_archived_one_is_listed_only_on_request(lab: Lab) -> None:
    task_id = lab.succeed()
    assert lab.post(task_id, "archive").json()["archived_at"] is not None

    def is_listed(archived: str) -> bool:
        page = lab.gateway.client.get(API, params={"archived": archived, "q": task_id}).json()
        return [one["task_id"] for one in page["items"]] == [task_id]

    assert [is_listed(one) for one in ("no", "yes", "all")] == [False, True, True]
    assert lab.post(task_id, "unarchive").json()["archived_at"] is None
    assert is_listed("no")


def stored_files(lab: Lab) -> set[Path]:
    return {path for path in (lab.gateway.settings.artifacts / "sha256").rglob("*") if path.is_file()}


def test_a_deletion_takes_rows_and_files_and_is_in_the_audit_log(lab: Lab) -> None:
    before = stored_files(lab)
    task_id = lab.succeed()
    assert len(stored_files(lab)) == len(before) + 3
    assert lab.gateway.client.delete(f"{API}/{task_id}").status_code == 204
    assert stored_files(lab) == before
    assert lab.gateway.client.delete(f"{API}/{task_id}").status_code == 404
    entries = lab.gateway.client.get("/api/v1/audit").json()["items"]
    assert (entries[0]["action"], entries[0]["subject"]) == ("experiment_deleted", task_id)


def test_a_deletion_is_refused_while_a_child_needs_it(lab: Lab) -> None:
    parent = lab.succeed()
    child = lab.post(parent, "fork", {"name": "The child"}).json()["task_id"]
    answer = lab.gateway.client.delete(f"{API}/{parent}")
    assert (answer.status_code, answer.json()["code"]) == (409, "referenced")
    assert answer.json()["errors"][0]["params"] == {"kind": "experiment", "id": child, "name": "The child"}
    lab.post(child, "cancel")
    assert [lab.gateway.client.delete(f"{API}/{one}").status_code for one in (child, parent)] == [204, 204]


def test_what_trains_is_not_deleted(lab: Lab) -> None:
    answer = lab.gateway.client.delete(f"{API}/{lab.gateway.submit()}")
    assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
