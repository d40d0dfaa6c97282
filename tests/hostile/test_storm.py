"""A short storm over every operation of a running gateway, and the judge's own eyes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from account_fakes import make_key, make_project, make_user
from gateway_fakes import OWNER, FakeWorker, Gateway, make_manifest, run_gateway, wait_until
from storm import Storm, judge, report

PROBLEM = {"detail": "Not usable.", "hint": "Correct it.", "errors": [], "code": "request_invalid", "status": 422}


@pytest.fixture(scope="module")
def gateway(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("storm")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=valkey_url, folder=folder, preflight_wait_s=0.05) as running:
        worker = FakeWorker(running.settings.redis_url, [make_manifest()])
        wait_until(lambda: running.client.get("/api/v1/pipelines").json()["workers"] >= 1)
        yield running
        worker.leave()


@pytest.mark.parametrize(
    ("headers", "examples", "share"),
    [(OWNER, 1, 8), ({}, 0, 24), ({"Authorization": "Bearer forged"}, 0, 24)],
    ids=["owner", "nobody", "forged"],
)
def test_no_request_breaks_the_gateway_or_is_repeated(
    gateway: Gateway, headers: dict[str, str], examples: int, share: int
) -> None:
    document = gateway.client.get("/api/v1/openapi.json").json()
    findings = Storm(gateway.url, headers, document=document).run(examples=examples, share=share)
    assert findings.wrong == []
    assert findings.requests > 50
    assert gateway.client.get("/api/v1/health").status_code == 200


@pytest.mark.parametrize(
    ("status", "content_type", "body", "words"),
    [
        (500, "application/problem+json", json.dumps(PROBLEM), "status 500"),
        (503, "text/plain", "busy", "no problem document"),
        (404, "text/html", "<h1>Not Found</h1>", "no problem document"),
        (422, "application/problem+json", json.dumps({**PROBLEM, "detail": "hunter2hunter2 is wrong."}), "an echo"),
        (
            400,
            "application/problem+json",
            json.dumps({**PROBLEM, "errors": [{"message": "not hunter2hunter2"}]}),
            "an echo",
        ),
        (400, "application/problem+json", json.dumps({**PROBLEM, "hint": 'File "/app/x.py", line 1'}), "a trace"),
    ],
)
def test_the_judge_sees_what_is_wrong(status: int, content_type: str, body: str, words: str) -> None:
    answer = httpx.Response(status, headers={"Content-Type": content_type}, text=body)
    sent: dict[str, Any] = {"body": {"config": [{"note": "hunter2hunter2"}]}}
    assert any(words in one for one in judge(answer, sent=sent))


def test_the_judge_leaves_a_good_refusal_alone() -> None:
    answer = httpx.Response(422, headers={"Content-Type": "application/problem+json"}, text=json.dumps(PROBLEM))
    assert judge(answer, sent={"body": {"note": "hunter2hunter2"}}) == []


def test_a_planted_defect_is_found(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("azuraforge_api.strict_json._check_depth", fail)
    document = gateway.client.get("/api/v1/openapi.json").json()
    document["paths"] = {"/api/v1/experiments": document["paths"]["/api/v1/experiments"]}
    findings = Storm(gateway.url, OWNER, document=document).run(examples=0, share=4)
    assert any("status 500" in one for one in findings.wrong)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_ten_thousand_requests_of_every_role(gateway: Gateway) -> None:
    document = gateway.client.get("/api/v1/openapi.json").json()
    project = make_project(gateway, "storm")
    roles = {"viewer": ["read"], "editor": ["read", "write"], "admin": ["read", "write", "admin"]}
    headers = {"owner": OWNER, "nobody": {}}
    for role, scopes in roles.items():
        make_user(gateway, f"storm-{role}", roles={project: role})
        headers[role] = make_key(gateway, f"storm-{role}", scopes)
    found = {role: Storm(gateway.url, sent, document=document).run(examples=100) for role, sent in headers.items()}
    assert report(found) == 0
    assert all(one.requests >= 10_000 for one in found.values())
