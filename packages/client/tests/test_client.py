"""The SDK against answers that a real server gives; the flows on a real server are in tests/integration."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from azuraforge_client import (
    AnswerInvalid,
    BodyUnsendable,
    Client,
    Conflict,
    DownloadDamaged,
    Forbidden,
    NotFound,
    RequestRefused,
    ServerFailed,
    ServerUnreachable,
    Unauthenticated,
)
from azuraforge_client import transport as transport_module

URL = "http://127.0.0.1:1"
ACCEPTED = {"task_id": "t", "state": "queued", "warnings": []}


def problem(status: int, code: str = "x", **extra: Any) -> httpx.Response:
    body = {"title": "T", "status": status, "code": code, "detail": "Wrong.", "hint": "Do this.", **extra}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json"})


def client_of(handle: Callable[[httpx.Request], httpx.Response], *, key: str | None = "key") -> Client:
    return Client(URL, key=key, http=httpx.MockTransport(handle))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "PAUSE_S", 0.0)


def test_nobody_there_is_said_in_one_sentence() -> None:
    with pytest.raises(ServerUnreachable, match="azuraforge up"):
        Client("http://127.0.0.1:9").health()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_a_config_that_json_cannot_carry_is_refused_before_anything_is_sent(value: object) -> None:
    def handle(_: httpx.Request) -> httpx.Response:
        raise AssertionError("something was sent")

    with pytest.raises(BodyUnsendable, match="JSON cannot carry"):
        client_of(handle).experiments.start("p", {"rate": value})


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Unauthenticated), (404, NotFound), (409, Conflict), (422, RequestRefused), (413, RequestRefused),
     (429, ServerFailed), (500, ServerFailed), (503, ServerFailed)],
)  # fmt: skip
def test_each_refusal_has_its_type_and_carries_the_problem(status: int, kind: type[Exception]) -> None:
    error = {"pointer": "/config/a", "code": "minimum", "message": "Must be at least 1.", "params": {"limit": 1}}
    with pytest.raises(kind) as caught:
        client_of(lambda _: problem(status, errors=[error])).experiments.get("t")
    assert caught.value.problem.errors[0].params == {"limit": 1}  # type: ignore[attr-defined]
    assert str(caught.value) == "Wrong. Do this.\n  /config/a: Must be at least 1."


@pytest.mark.parametrize("answer", [httpx.Response(502, text="<html>"), httpx.Response(200, text="<html>")])
def test_somebody_elses_answer_is_not_taken_for_ours(answer: httpx.Response) -> None:
    with pytest.raises(AnswerInvalid):
        client_of(lambda _: answer).experiments.get("t")


def test_starting_is_repeated_with_one_key_until_it_is_answered() -> None:
    keys = []

    def handle(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        match len(keys):
            case 1:
                raise httpx.ReadError("gone")
            case 2:
                return problem(503)
        assert json.loads(request.content) == {"pipeline": "toy", "config": {"a": 1}}
        assert request.headers["authorization"] == "Bearer key"
        return httpx.Response(202, json=ACCEPTED)

    assert client_of(handle).experiments.start("toy", {"a": 1}).task_id == "t"
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_refusal_is_not_repeated() -> None:
    calls = []

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return problem(422)

    with pytest.raises(RequestRefused):
        client_of(handle).experiments.start("toy")
    assert len(calls) == 1


def test_the_list_asks_for_what_was_wanted() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.query == b"state=running&state=failed&q=x&limit=5"
        return httpx.Response(200, json={"items": [], "next_cursor": None, "total": 0})

    assert client_of(handle).experiments.list(states=["running", "failed"], text="x", limit=5).total == 0


def test_a_list_in_an_order_and_a_metric_ask_for_what_was_wanted() -> None:
    asked = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        if request.url.path.endswith("/metrics"):
            return httpx.Response(200, json={"name": "loss", "count": 0, "last_step": 0, "buckets": []})
        if request.url.path.endswith("/logs"):
            return httpx.Response(200, json={"type": "recent", "logs": [], "system": []})
        return httpx.Response(200, json={"items": [], "next_cursor": None, "total": 0})

    experiments = client_of(handle).experiments
    experiments.list(sort="metric:val loss", is_descending=False)
    experiments.metric("a", "loss", points=9)
    assert experiments.output("a").logs == []
    assert asked == [
        "/api/v1/experiments?sort=metric%3Aval+loss&order=asc&limit=50",
        "/api/v1/experiments/a/metrics?name=loss&points=9",
        "/api/v1/experiments/a/logs",
    ]


def test_a_sign_in_link_is_a_whole_address() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        assert json.loads(request.content) == {"user": "Ayşe"}
        return httpx.Response(201, json={"path": "/sign-in#token", "expires_at": "2026-11-20T18:00:00Z"})

    client = client_of(handle)
    assert client.address_of(client.create_link(user="Ayşe")) == f"{URL}/sign-in#token"


def test_what_is_not_given_is_not_sent() -> None:
    sent = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append((request.method, request.url.raw_path.decode(), json.loads(request.content or b"null")))
        user = {"id": "u", "name": "n", "created_at": "2026-11-20T18:00:00Z"}
        return httpx.Response(204) if request.method == "DELETE" else httpx.Response(200, json=user)

    client = client_of(handle)
    client.users.change("../x", is_disabled=True)
    client.keys.revoke("k/1")
    assert sent == [
        ("PATCH", "/api/v1/users/..%2Fx", {"is_disabled": True}),
        ("DELETE", "/api/v1/keys/k%2F1", None),
    ]


def test_a_key_that_may_not_is_told_so() -> None:
    with pytest.raises(Forbidden):
        client_of(lambda _: problem(403)).users.list()


def test_a_task_id_never_becomes_another_path() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/api/v1/experiments/..%2F..%2Fauth"
        return problem(404)

    with pytest.raises(NotFound):
        client_of(handle).experiments.get("../../auth")


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_download_is_kept_only_when_it_is_what_was_announced(tmp_path: Path, *, is_whole: bool) -> None:
    content = b"{}" * 1000
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
    sent = content if is_whole else content[:-1]
    client, to = client_of(lambda _: httpx.Response(200, content=sent, headers=headers)), tmp_path / "results.json"
    if is_whole:
        assert client.experiments.download("t", "results.json", to=to).read_bytes() == content
    else:
        with pytest.raises(DownloadDamaged):
            client.experiments.download("t", "results.json", to=to)
    assert [path.name for path in tmp_path.iterdir()] == (["results.json"] if is_whole else [])
