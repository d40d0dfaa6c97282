"""A metric's history and lists in an order, over HTTP."""

from gateway_fakes import FakeWorker, Gateway

from azuraforge_contracts import EpochFinished, EventType, ReadyReport

ABSENT = "0197a1b2-0000-7000-8000-0000000000aa"


def train(gateway: Gateway, *losses: float | None) -> str:
    ledger, task_id = gateway.ledger, gateway.submit()
    ledger.leases.claim(task_id, worker_id="w")
    ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu"))
    for epoch, loss in enumerate(losses, start=1):
        data = EpochFinished(epoch=epoch, epochs=len(losses), metrics={"loss": loss})
        ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=data)
    return task_id


def test_a_history_comes_in_buckets(gateway: Gateway, worker: FakeWorker) -> None:
    task_id = train(gateway, 4.0, 2.0, None, None, 1.0)
    path = f"/api/v1/experiments/{task_id}/metrics"
    answer = gateway.client.get(path, params={"name": "loss", "points": 3}).json()
    assert (answer["count"], answer["last_step"]) == (5, 5)
    assert answer["buckets"] == [
        {"first": 1, "last": 2, "low": 2.0, "high": 4.0, "mean": 3.0, "count": 2, "nonfinite": 0},
        {"first": 3, "last": 4, "low": None, "high": None, "mean": None, "count": 2, "nonfinite": 2},
        {"first": 5, "last": 5, "low": 1.0, "high": 1.0, "mean": 1.0, "count": 1, "nonfinite": 0},
    ]
    assert gateway.client.get(path, params={"name": "ışık"}).json()["buckets"] == []
    for wrong in ({}, {"name": ""}, {"name": "loss", "points": 0}, {"name": "loss", "points": "9" * 50}):
        assert gateway.client.get(path, params=wrong).status_code == 422
    absent = gateway.client.get(f"/api/v1/experiments/{ABSENT}/metrics", params={"name": "loss"})
    assert absent.status_code == 404


def test_a_list_goes_by_a_metric_page_by_page(gateway: Gateway, worker: FakeWorker) -> None:
    made = {train(gateway, loss): loss for loss in (0.3, 0.1, None, 0.2)}
    params = {"sort": "metric:loss", "order": "asc", "limit": "2"}
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = gateway.client.get("/api/v1/experiments", params={**params, "cursor": cursor}).json()
        found += [item["task_id"] for item in page["items"] if item["task_id"] in made]
        cursor = page["next_cursor"]
    assert [made[task_id] for task_id in found] == [0.1, 0.2, 0.3, None]


def test_an_order_that_is_none_is_refused(gateway: Gateway, worker: FakeWorker) -> None:
    for wrong in ({"sort": "config"}, {"sort": "metric:"}, {"order": "up"}, {"sort": f"metric:{'x' * 201}"}):
        assert gateway.client.get("/api/v1/experiments", params=wrong).status_code == 422
    gateway.submit()
    gateway.submit()
    cursor = gateway.client.get("/api/v1/experiments", params={"limit": 1}).json()["next_cursor"]
    answer = gateway.client.get("/api/v1/experiments", params={"sort": "score", "cursor": cursor})
    assert answer.status_code == 422
