"""Alive, ready, and what happens to every request while the database is away."""

from pathlib import Path

import pytest
from gateway_fakes import Gateway, run_gateway

from azuraforge_api.threads import Threads
from azuraforge_ledger import LedgerUnavailable


def test_everything_stands(gateway: Gateway) -> None:
    with gateway.stranger() as stranger:
        assert stranger.get("/api/v1/health").json()["status"] == "ok"
        assert stranger.get("/api/v1/ready").json()["checks"] == {"ledger": "ok", "redis": "ok"}


def test_without_redis_it_serves_what_the_ledger_holds(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=f"unix://{tmp_path}/nobody.sock", folder=tmp_path) as gateway:
        assert gateway.client.get("/api/v1/ready").json()["status"] == "degraded"
        assert gateway.client.get("/api/v1/experiments").json()["total"] == 0
        for answer in (
            gateway.client.get("/api/v1/pipelines"),
            gateway.client.post("/api/v1/experiments", json={"pipeline": "toy"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")


def test_without_the_ledger_every_answer_is_a_problem(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise LedgerUnavailable("password=hunter2 host=db")

    monkeypatch.setattr(Threads, "run", fail)
    assert gateway.stranger().get("/api/v1/ready").status_code == 503
    with gateway.stranger() as browser:
        for answer in (
            gateway.client.get("/api/v1/experiments"),
            browser.get("/api/v1/experiments", headers={"Cookie": "azuraforge_session=abc"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
            assert answer.headers["retry-after"]
            assert "hunter2" not in answer.text
