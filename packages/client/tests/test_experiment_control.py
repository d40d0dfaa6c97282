"""What the SDK sends to control experiments; the flows on a real server are in tests/integration."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from azuraforge_client import Client, Conflict
from azuraforge_client import transport as transport_module

ACCEPTED = {"task_id": "child", "state": "queued", "warnings": []}
EXPERIMENT = {
    "task_id": "t",
    "name": "n",
    "pipeline": "p",
    "pipeline_version": "1",
    "state": "paused",
    "created_at": "2026-11-24T18:00:00Z",
    "updated_at": "2026-11-24T18:00:00Z",
    "config": {},
    "config_hash": "c",
}


class Server:
    """Answers everything alike and remembers what it was asked."""

    def __init__(self, answer: Any, *, status: int = 200) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer
        self._status = status

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self._status, json=self._answer)

    @property
    def client(self) -> Client:
        return Client("http://127.0.0.1:1", key="key", http=httpx.MockTransport(self))

    @property
    def body(self) -> Any:
        return json.loads(self.asked[-1].content)


@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "archive", "unarchive"])
def test_an_action_is_one_address(action: str) -> None:
    server = Server(EXPERIMENT)
    assert getattr(server.client.experiments, action)("a/b").state == "paused"
    assert server.asked[-1].url.raw_path == f"/api/v1/experiments/a%2Fb/{action}".encode()


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"priority": 0}, {"priority": 0}),
        ({"name": "x", "time_limit_s": 5.0}, {"name": "x", "time_limit_s": 5.0}),
        ({"time_limit_s": None}, {"time_limit_s": None}),
    ],
)
def test_a_change_sends_what_is_given_and_null_takes_the_limit_away(change: Any, sent: Any) -> None:
    server = Server(EXPERIMENT)
    server.client.experiments.change("t", **change)
    assert (server.asked[-1].method, server.body) == ("PATCH", sent)


def test_a_fork_sends_its_changes_even_those_that_take_away() -> None:
    server = Server(ACCEPTED)
    made = server.client.experiments.fork("t", {"a": {"b": None}}, epoch=0, idempotency_key="k")
    assert made.task_id == "child"
    assert server.body == {"changes": {"a": {"b": None}}, "epoch": 0}
    assert server.asked[-1].headers["idempotency-key"] == "k"


@pytest.mark.parametrize("action", ["rerun", "retry", "prove"])
def test_a_creation_is_repeated_with_one_key_until_it_is_answered(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "PAUSE_S", 0.0)
    server, failures = Server(ACCEPTED), [httpx.ConnectError("gone")]
    answer: Callable[[httpx.Request], httpx.Response] = server.__call__

    def flaky(request: httpx.Request) -> httpx.Response:
        answered = answer(request)
        if failures:
            raise failures.pop()
        return answered

    client = Client("http://127.0.0.1:1", key="key", http=httpx.MockTransport(flaky))
    assert getattr(client.experiments, action)("t", priority=3).task_id == "child"
    assert len({request.headers["idempotency-key"] for request in server.asked}) == 1
    assert (len(server.asked), server.body) == (2, {"priority": 3})


def test_a_refused_deletion_names_what_needs_it() -> None:
    child = {"pointer": "", "code": "referenced", "message": "…", "params": {"kind": "experiment", "id": "c"}}
    problem = {"title": "T", "status": 409, "code": "referenced", "detail": "D", "hint": "H", "errors": [child]}
    with pytest.raises(Conflict) as refused:
        Server(problem, status=409).client.experiments.delete("t")
    assert refused.value.problem.errors[0].params["id"] == "c"
