"""Submitting, listing, reading and cancelling over HTTP, on both databases."""

from collections.abc import Callable, Iterator

import pytest
import redis
from gateway_fakes import DEADLINE_S, Config, FakeWorker, Gateway, make_manifest, run_gateway, wait_until

from azuraforge_api.experiments.service import ExperimentService
from azuraforge_contracts import ReadyReport, is_id
from azuraforge_contracts.names import QUEUE_TRAIN


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def gateway(
    request: pytest.FixtureRequest, clean_redis: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    if request.param == "postgres":
        fresh: Callable[[], str] = request.getfixturevalue("fresh_postgres")
        url = fresh()
    with run_gateway(database_url=url, redis_url=clean_redis, folder=folder, preflight_wait_s=DEADLINE_S) as running:
        yield running


def test_a_good_config_is_accepted_complete_and_sent(gateway: Gateway, worker: FakeWorker) -> None:
    broker = redis.Redis.from_url(gateway.settings.redis_url)
    broker.delete(QUEUE_TRAIN)
    answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "config": {"training": {"epochs": 3}}})
    task_id = answer.json()["task_id"]
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/experiments/{task_id}"
    assert is_id(task_id)
    assert answer.json()["warnings"] == []
    stored = gateway.client.get(f"/api/v1/experiments/{task_id}").json()
    assert stored["state"] == "queued"
    assert stored["config"] == Config.model_validate({"training": {"epochs": 3}}).model_dump(mode="json")
    assert stored["seed"] == 7
    assert task_id.encode() in b"".join(broker.lrange(QUEUE_TRAIN, 0, -1))


def test_the_first_events_are_there_at_once(gateway: Gateway, worker: FakeWorker) -> None:
    page = gateway.client.get(f"/api/v1/experiments/{gateway.submit()}/events").json()
    assert [(event["seq"], event["type"], event["data"]["state"]) for event in page["items"]] == [
        (1, "state", "queued")
    ]
    assert (page["last_seq"], page["has_more"]) == (1, False)


def test_a_wrong_config_creates_nothing_and_names_every_field(gateway: Gateway, worker: FakeWorker) -> None:
    before = gateway.client.get("/api/v1/experiments").json()["total"]
    config = {"training": {"epochs": -1, "epochz": 1}, "source": {"kind": "csv"}}
    answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "config": config})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "config_invalid"
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/config/source/csv", "required"),
        ("/config/training/epochs", "minimum"),
        ("/config/training/epochz", "additional"),
    ]
    assert gateway.client.get("/api/v1/experiments").json()["total"] == before


def test_an_unknown_pipeline_names_the_known_ones(gateway: Gateway, worker: FakeWorker) -> None:
    answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toi", "config": {}})
    assert (answer.status_code, answer.json()["code"]) == (422, "pipeline_unknown")
    assert "toy" in answer.json()["hint"]
    assert answer.json()["errors"][0]["params"]["choices"] == ["toy"]


def test_a_worker_that_refuses_a_config_is_quoted(gateway: Gateway, worker: FakeWorker) -> None:
    problem = {"pointer": "/source/csv", "code": "too_few_rows", "message": "3 rows, 40 needed.", "params": {"rows": 3}}
    worker.answer = lambda _: {"status": "refused", "errors": [problem]}
    config = {"source": {"kind": "csv", "csv": "close\n1\n2\n3\n"}}
    try:
        answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "config": config})
    finally:
        worker.answer = lambda _: {"status": "ok"}
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{**problem, "pointer": "/config/source/csv"}]
    assert worker.asked[-1].config["source"] == {**config["source"], "column": "close"}


def test_a_worker_that_warns_is_remembered_with_the_experiment(gateway: Gateway, worker: FakeWorker) -> None:
    worker.answer = lambda _: {"status": "ok", "warnings": ["Two dates are missing."]}
    try:
        answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "config": {}})
    finally:
        worker.answer = lambda _: {"status": "ok"}
    assert answer.json()["warnings"] == ["data"]
    events = gateway.client.get(f"/api/v1/experiments/{answer.json()['task_id']}/events").json()["items"]
    assert events[1]["data"] == {"code": "data", "message": "Two dates are missing.", "params": {}}


def test_without_an_answer_the_preflight_is_skipped_with_a_warning(
    gateway: Gateway, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.app.state.parts[ExperimentService]._admission._preflight, "_wait_s", 0.1)
    silent = FakeWorker(gateway.settings.redis_url, [make_manifest("silent")], answers=False)
    try:
        wait_until(lambda: "silent" in gateway.client.get("/api/v1/pipelines").text)
        answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "silent", "config": {}})
    finally:
        silent.leave()
    assert (answer.status_code, answer.json()["warnings"]) == (202, ["preflight_skipped"])


def test_a_pipeline_whose_worker_left_is_accepted_with_a_warning(gateway: Gateway, worker: FakeWorker) -> None:
    brief = FakeWorker(gateway.settings.redis_url, [make_manifest("brief")])
    wait_until(lambda: "brief" in gateway.client.get("/api/v1/pipelines").text)
    brief.leave()
    wait_until(lambda: "brief" not in gateway.client.get("/api/v1/pipelines").text)
    answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "brief", "config": {}})
    assert (answer.status_code, answer.json()["warnings"]) == (202, ["no_live_worker"])
    refused = gateway.client.post("/api/v1/experiments", json={"pipeline": "brief", "config": {"transform": 1}})
    assert refused.status_code == 422


def test_a_repeat_with_the_same_key_returns_the_first_answer(gateway: Gateway, worker: FakeWorker) -> None:
    body, headers = {"pipeline": "toy", "config": {}, "name": "once"}, {"Idempotency-Key": f"k-{gateway.url}"}
    first = gateway.client.post("/api/v1/experiments", json=body, headers=headers)
    second = gateway.client.post("/api/v1/experiments", json=body, headers=headers)
    other = gateway.client.post("/api/v1/experiments", json={**body, "name": "twice"}, headers=headers)
    assert first.json() == second.json()
    assert second.headers["location"] == first.headers["location"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_the_list_pages_and_filters(gateway: Gateway, worker: FakeWorker) -> None:
    ids = [gateway.submit(name=f"page {number}") for number in range(5)]
    found, cursor = [], None
    while True:
        params = {"q": "page", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = gateway.client.get("/api/v1/experiments", params=params).json()
        assert page["total"] == 5
        found += [one["task_id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ids[::-1]
    query = {"state": ["running", "failed"], "q": "page"}
    assert gateway.client.get("/api/v1/experiments", params=query).json()["total"] == 0
    assert gateway.client.get("/api/v1/experiments", params={"pipeline": "toy", "q": "page"}).json()["total"] == 5


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("state=gone", "/query/state/0"),
        ("cursor=forged", "/query/cursor"),
        ("q=" + "x" * 201, "/query/q"),
    ],
)
def test_a_query_that_cannot_be_used_is_pointed_at(gateway: Gateway, query: str, pointer: str) -> None:
    answer = gateway.client.get(f"/api/v1/experiments?{query}")
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_cancelling_what_waits_ends_it_at_once(gateway: Gateway, worker: FakeWorker) -> None:
    task_id = gateway.submit()
    for _ in range(2):
        answer = gateway.client.post(f"/api/v1/experiments/{task_id}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    events = gateway.client.get(f"/api/v1/experiments/{task_id}/events").json()["items"]
    assert [event["type"] for event in events] == ["state", "state", "end"]


def test_cancelling_what_runs_asks_its_supervisor(gateway: Gateway, worker: FakeWorker) -> None:
    task_id = gateway.submit()
    claim = gateway.ledger.leases.claim(task_id, worker_id="w")
    assert claim is not None
    gateway.ledger.leases.begin(task_id, attempt=claim.attempt, ready=ReadyReport(device="cpu"))
    answer = gateway.client.post(f"/api/v1/experiments/{task_id}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelling")
    orders = gateway.ledger.leases.renew(task_id, attempt=claim.attempt, worker_id="w")
    assert orders is not None
    assert orders.is_cancel


@pytest.mark.parametrize("path", ["", "/events", "/artifacts", "/events/stream", "/artifacts/results.json"])
@pytest.mark.parametrize("task_id", ["0197a1b2-0000-7000-8000-0000000000aa", "x", "..%2f..", "%F0%9F%92%A9", "A" * 300])
def test_what_is_not_there_is_a_problem(gateway: Gateway, task_id: str, path: str) -> None:
    answer = gateway.client.get(f"/api/v1/experiments/{task_id}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
