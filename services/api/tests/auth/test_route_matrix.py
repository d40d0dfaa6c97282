"""Every route is asked by everybody, on a real server with a real ledger."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from account_fakes import COOKIE, PASSWORD, forget_tries, make_key, make_project, make_user
from fastapi import FastAPI
from gateway_fakes import DEADLINE_S, OWNER, FakeWorker, Gateway
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from azuraforge_contracts import ArtifactSaved, ExperimentEnded, ExperimentState, LinkPurpose, ReadyReport, Scope
from azuraforge_contracts.names import API_PREFIX
from azuraforge_ledger import ArtifactStore, By, Chosen, NewKey, Visitor

sys.path.insert(0, str(Path(__file__).parent))
from route_matrix import COLUMNS, MATRIX, SOCKETS, Row

STATUS = {"N": 401, "F": 403, "H": 404}
CLOSES = {"N": 4401, "F": 4403, "H": 4404}
PEOPLE = ("viewer", "editor", "manager", "root", "other")
OWNERS = {
    "key_read": "manager",
    "key_write": "manager",
    "key_admin": "manager",
    "key_bound": "root",
    "root_key": "root",
}
TEST = By("owner_key", "test")


@dataclass
class House:
    """A project with an experiment that has succeeded, and everybody who may knock."""

    gateway: Gateway
    project: str
    task_id: str
    last_seq: int
    users: dict[str, str]
    keys: dict[str, dict[str, str]]
    client: httpx.Client
    counter: Iterator[int]

    def headers(self, column: str) -> dict[str, str]:
        """How this one knocks; people with a session of their own for each time."""
        if column == "nobody":
            return {}
        if column == "owner_key":
            return OWNER
        if column in self.keys:
            return self.keys[column]
        return {"Cookie": f"{COOKIE}={self.enter(column)[1]}", "Origin": self.gateway.url}

    def enter(self, person: str) -> tuple[str, str]:
        """A new session of a person: its id and its token."""
        link = self.gateway.ledger.links.create(LinkPurpose.SESSION, user_id=self.users[person], by=TEST)
        opened = self.gateway.ledger.links.redeem(link.token, Chosen(), visitor=Visitor())
        return opened.id, opened.token

    def person(self, column: str) -> str:
        """Whose account this one acts for."""
        return column if column in PEOPLE else OWNERS.get(column, "root")

    def link(self) -> str:
        """The token of a new sign-in link."""
        return self.gateway.ledger.links.create(LinkPurpose.SESSION, user_id=self.users["target"], by=TEST).token

    def new_name(self) -> str:
        """A name that nothing has."""
        return f"name-{next(self.counter)}"


@pytest.fixture(scope="module")
def house(gateway: Gateway, worker: FakeWorker) -> Iterator[House]:
    project, elsewhere = make_project(gateway, "the project"), make_project(gateway, "another project")
    roles = {"viewer": "viewer", "editor": "editor", "manager": "admin"}
    users = {name: make_user(gateway, name, roles={project: role}, password=PASSWORD) for name, role in roles.items()}
    users["root"] = make_user(gateway, "root", is_admin=True, password=PASSWORD)
    users["other"] = make_user(gateway, "other", roles={elsewhere: "editor"}, password=PASSWORD)
    users["target"] = make_user(gateway, "target", roles={project: "viewer"})
    keys = {f"key_{scope}": make_key(gateway, "manager", [scope]) for scope in ("read", "write", "admin")}
    keys["key_bound"] = make_key(gateway, "root", ["read", "write", "admin"], project=project)
    keys["root_key"] = make_key(gateway, "root", ["admin"])
    task_id = gateway.submit(project=project)
    last_seq = _succeed(gateway, task_id)
    with gateway.stranger() as client:
        yield House(gateway, project, task_id, last_seq, users, keys, client, itertools.count())


def _succeed(gateway: Gateway, task_id: str) -> int:
    """Train it in no time; the number of its last event."""
    file = gateway.settings.artifacts.parent / "results.json"
    file.write_text("{}")
    sha256, size = ArtifactStore(gateway.settings.artifacts).put_file(file)
    gateway.ledger.leases.claim(task_id, worker_id="w")
    gateway.ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu"))
    saved = ArtifactSaved(name="results.json", kind="results", media_type="application/json", sha256=sha256, bytes=size)
    ended = ExperimentEnded(state=ExperimentState.SUCCEEDED)
    events = gateway.ledger.experiments.succeed(task_id, attempt=1, score=None, artifacts=[saved], ended=ended)
    return events[-1].seq or 0


def ask(house: House, method: str, path: str, *, column: str) -> httpx.Response:
    """One request as this one would make it, so that nothing but who asks can be in its way."""
    headers = house.headers(column)
    url = path.format(
        task_id=_doomed(house) if (method, path) == ("DELETE", "/experiments/{task_id}") else house.task_id,
        other=house.task_id,
        name="results.json",
        project_id=house.project,
        user_id=house.users["target"],
        session_id=house.enter(house.person(column))[0] if "{session_id}" in path else "",
        key_id=_key_of(house, column) if "{key_id}" in path else "",
    )
    if path.endswith("/stream"):
        url += f"?after={house.last_seq}"
    if path.endswith("/metrics"):
        url += "?name=loss"
    if method == "DELETE" and "members" in path:
        house.gateway.client.post(f"/api/v1/projects/{house.project}/members", json=_member("target"))
    body = _body(house, method, path, column=column)
    forget_tries(house.gateway)
    house.client.cookies.clear()
    return house.client.request(method, API_PREFIX + url, json=body, headers=headers)


def _doomed(house: House) -> str:
    """One that may be deleted."""
    task_id = house.gateway.submit(project=house.project)
    _succeed(house.gateway, task_id)
    return task_id


def _key_of(house: House, column: str) -> str:
    new = NewKey(house.users[house.person(column)], "one to revoke", [Scope.READ])
    return house.gateway.ledger.keys.create(new, by=TEST)[1].id


def _member(name: str) -> dict[str, str]:
    return {"user": name, "role": "viewer"}


def _body(house: House, method: str, path: str, *, column: str) -> Any:
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "/auth/links/read"): lambda: {"token": house.link()},
        ("POST", "/auth/session"): lambda: {"token": house.link()},
        ("POST", "/auth/password"): lambda: {"current": PASSWORD, "new": PASSWORD},
        ("PATCH", "/experiments/{task_id}"): lambda: {"name": "another name"},
        ("POST", "/experiments/{task_id}/fork"): lambda: {"changes": {}},
        ("POST", "/experiments"): lambda: {"pipeline": "toy", "project": house.project},
        ("POST", "/keys"): lambda: {
            "name": "k",
            "scopes": ["read"],
            **({"user": "root"} if column == "owner_key" else {}),
        },
        ("POST", "/projects"): lambda: {"name": house.new_name()},
        ("PATCH", "/projects/{project_id}"): lambda: {"name": house.new_name()},
        ("POST", "/projects/{project_id}/members"): lambda: _member("target"),
        ("POST", "/users"): lambda: {"name": house.new_name()},
        ("PATCH", "/users/{user_id}"): lambda: {"is_disabled": False},
    }
    make = bodies.get((method, path))
    return None if make is None else make()


def find_wrong_cells(house: House, method: str, path: str, row: Row) -> list[str]:
    """One sentence for each column that got another answer than its cell says."""
    wrong = []
    for column, cell in zip(COLUMNS, row.cells.split(), strict=True):
        answer = ask(house, method, path, column=column)
        wanted = row.ok if cell == "Y" else (STATUS[cell],)
        if answer.status_code not in wanted:
            wrong.append(f"{column}: {answer.status_code}, expected {wanted}: {answer.text[:200]}")
        if cell != "Y" and answer.json().get("code") not in {"unauthenticated", "forbidden", "not_found"}:
            wrong.append(f"{column}: {answer.text[:200]}")
    return wrong


@pytest.mark.parametrize(("method", "path"), [pytest.param(*route, id=" ".join(route)) for route in sorted(MATRIX)])
def test_everybody_gets_what_the_table_says(house: House, method: str, path: str) -> None:
    assert find_wrong_cells(house, method, path, MATRIX[method, path]) == []


@pytest.mark.parametrize("path", sorted(SOCKETS))
def test_every_socket_opens_for_whom_the_table_says(house: House, path: str) -> None:
    url = house.gateway.url.replace("http", "ws") + path.format(task_id=house.task_id)
    for column, cell in zip(COLUMNS, SOCKETS[path].cells.split(), strict=True):
        with connect(url, additional_headers=house.headers(column)) as socket:
            if cell == "Y":
                assert json.loads(socket.recv(timeout=DEADLINE_S))["seq"] == 1, column
                continue
            with pytest.raises(ConnectionClosed) as caught:
                socket.recv(timeout=DEADLINE_S)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == CLOSES[cell], column


def list_routes(app: FastAPI) -> tuple[set[tuple[str, str]], set[str]]:
    """What the server answers: HTTP below the API's prefix, and sockets."""
    http = {
        (method.upper(), path.removeprefix(API_PREFIX))
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }
    return http, set(_list_sockets(app.routes))


def _list_sockets(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, WebSocketRoute):
            yield route.path
        inner = getattr(route, "original_router", route)  # FastAPI keeps included routers whole
        if inner is not route or hasattr(route, "routes"):
            yield from _list_sockets(inner.routes)


def test_no_route_is_without_a_row_and_no_row_without_a_route(gateway: Gateway) -> None:
    http, sockets = list_routes(gateway.app)
    assert http == set(MATRIX), "write down in route_matrix.py who is let in"
    assert sockets == set(SOCKETS)
    assert {len(row.cells.split()) for row in [*MATRIX.values(), *SOCKETS.values()]} == {len(COLUMNS)}


def test_a_route_without_a_row_is_noticed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MATRIX, ("GET", "/users"))
    with pytest.raises(AssertionError, match="who is let in"):
        test_no_route_is_without_a_row_and_no_row_without_a_route(gateway)


def test_a_door_that_stands_open_is_noticed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azuraforge_api.auth.access.is_at_least", lambda *_: True)
    wrong = find_wrong_cells(house, "POST", "/experiments", MATRIX["POST", "/experiments"])
    assert {line.partition(":")[0] for line in wrong} == {"viewer", "key_read"}


def test_what_is_hidden_is_answered_like_what_is_not_there(house: House) -> None:
    nowhere = "0197a1b2-0000-7000-8000-0000000000aa"
    for path in ("/experiments/{}", "/experiments/{}/events", "/experiments/{}/artifacts", "/projects/{}"):
        hidden = house.project if path.startswith("/projects") else house.task_id
        answers = [
            house.client.get(API_PREFIX + path.format(one), headers=house.headers("other")) for one in (hidden, nowhere)
        ]
        said = [{**answer.json(), "request_id": ""} for answer in answers]
        assert said[0] == said[1]
        assert said[0]["status"] == 404


def test_a_list_holds_only_what_can_be_seen(house: House) -> None:
    def listed(column: str, query: str = "") -> list[str]:
        answer = house.client.get(f"{API_PREFIX}/experiments?limit=200{query}", headers=house.headers(column))
        return [one["task_id"] for one in answer.json()["items"]]

    assert house.task_id in listed("viewer")
    assert house.task_id in listed("key_bound")
    assert house.task_id in listed("root", f"&project={house.project}")
    assert listed("other") == []
    answer = house.client.get(f"{API_PREFIX}/experiments?project={house.project}", headers=house.headers("other"))
    assert answer.status_code == 404


def test_an_experiment_knows_who_made_it_and_where(house: House) -> None:
    made = ask(house, "POST", "/experiments", column="editor").json()["task_id"]
    read = house.gateway.client.get(f"/api/v1/experiments/{made}").json()
    assert (read["project"], read["created_by"]) == (house.project, house.users["editor"])
    entry = house.gateway.client.get(f"/api/v1/audit?subject={made}").json()["items"][0]
    assert (entry["action"], entry["actor"], entry["project"]) == (
        "experiment_created",
        house.users["editor"],
        house.project,
    )
