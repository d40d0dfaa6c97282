"""Projects over HTTP."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from account_fakes import make_project, make_user, sign_in
from gateway_fakes import FakeWorker, Gateway, refused_status

URL = "/api/v1/projects"


def test_whoever_makes_a_project_manages_it_and_others_do_not_see_it(gateway: Gateway) -> None:
    make_user(gateway, "Ayşe")
    make_user(gateway, "Bora")
    with closing(sign_in(gateway, "Ayşe")) as ayse, closing(sign_in(gateway, "Bora")) as bora:
        made = ayse.post(URL, json={"name": "Hava tahmini"}).json()
        assert made["role"] == "admin"
        assert bora.get(f"{URL}/{made['id']}").status_code == 404
        put = ayse.post(f"{URL}/{made['id']}/members", json={"user": "bora", "role": "viewer"})
        assert (put.status_code, put.json()["name"]) == (200, "Bora")
        assert [(one["name"], one["role"]) for one in bora.get(URL).json()["items"]] == [("Hava tahmini", "viewer")]
        assert bora.patch(f"{URL}/{made['id']}", json={"name": "mine"}).status_code == 403


def test_an_archived_project_is_read_but_takes_nothing_new(gateway: Gateway, worker: FakeWorker) -> None:
    project = make_project(gateway, "eski")
    task_id = gateway.submit(project=project)
    assert gateway.client.patch(f"{URL}/{project}", json={"is_archived": True}).json()["archived_at"]
    answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "project": project})
    assert (answer.status_code, answer.json()["code"]) == (409, "project_archived")
    assert gateway.client.get(f"/api/v1/experiments/{task_id}").status_code == 200
    assert project not in gateway.client.get(URL).text
    assert project in gateway.client.get(f"{URL}?archived=true").text
    gateway.client.patch(f"{URL}/{project}", json={"is_archived": False})
    gateway.submit(project=project)


@pytest.mark.parametrize("project", ["x", "", "..%2f..%2fetc%2fpasswd", "0197a1b2-0000-7000-8000-0000000000aa", 7, []])
def test_an_experiment_for_no_project_is_not_made(gateway: Gateway, worker: FakeWorker, project: Any) -> None:
    before = gateway.client.get("/api/v1/experiments").json()["total"]
    answer = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "project": project})
    assert answer.status_code in {404, 422}
    assert gateway.client.get("/api/v1/experiments").json()["total"] == before


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "\u2066x"}, {"name": "x" * 65}, {"name": 1}, {"name": "a", "role": "admin"}]
)
def test_what_cannot_be_a_project_is_refused(gateway: Gateway, body: dict[str, Any]) -> None:
    answer = gateway.client.post(URL, json=body)
    assert answer.status_code == refused_status(body)
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"user": "nobody", "role": "viewer"}, 404),
        ({"user": "\u200b", "role": "viewer"}, 404),
        ({"user": "Ayşe", "role": "king"}, 422),
        ({"user": "", "role": "viewer"}, 422),
        ({"role": "viewer"}, 422),
    ],
)
def test_who_is_not_there_becomes_no_member(gateway: Gateway, body: dict[str, Any], status: int) -> None:
    projects = gateway.client.get(URL).json()["items"]
    assert gateway.client.post(f"{URL}/{projects[0]['id']}/members", json=body).status_code == status
