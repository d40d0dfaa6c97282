"""API keys over HTTP: shown once, never more than their owner, and what bad input gets."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from account_fakes import make_key, make_project, make_user, sign_in
from gateway_fakes import FakeWorker, Gateway, refused_status

from azuraforge_ledger import DEFAULT_PROJECT

URL = "/api/v1/keys"


@pytest.fixture(scope="module")
def ayse(gateway: Gateway) -> str:
    return make_user(gateway, "Ayşe", roles={DEFAULT_PROJECT: "editor"})


def test_a_key_is_shown_once_and_only_its_beginning_afterwards(gateway: Gateway, ayse: str) -> None:
    with closing(sign_in(gateway, "Ayşe")) as browser:
        made = browser.post(URL, json={"name": "ci", "scopes": ["read"], "expires_in_days": 30}).json()
        assert made["key"].startswith(made["read"]["prefix"])
        assert made["key"] not in browser.get(URL).text
        left = datetime.fromisoformat(made["read"]["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=29) < left < timedelta(days=31)
        listed = browser.get(URL).json()["items"]
        assert [(one["name"], one["user"]) for one in listed] == [("ci", ayse)]
        assert browser.delete(f"{URL}/{made['read']['id']}").status_code == 204
        assert browser.get(URL).json()["items"] == []
        again = {"Authorization": f"Bearer {made['key']}"}
        assert browser.get("/api/v1/auth/session", headers=again).status_code == 401


def test_a_key_may_no_more_than_its_owner_may_now(gateway: Gateway, worker: FakeWorker, ayse: str) -> None:
    key = make_key(gateway, "Ayşe", ["admin"])
    start = {"pipeline": "toy"}
    with gateway.stranger() as program:
        assert program.post("/api/v1/experiments", json=start, headers=key).status_code == 202
        members = f"/api/v1/projects/{DEFAULT_PROJECT}/members"
        assert program.post(members, json={"user": "Ayşe", "role": "admin"}, headers=key).status_code == 403
        gateway.client.post(members, json={"user": "Ayşe", "role": "viewer"})
        assert program.post("/api/v1/experiments", json=start, headers=key).status_code == 403
        gateway.client.post(members, json={"user": "Ayşe", "role": "editor"})


def test_a_key_for_one_project_sees_no_other_and_starts_there_by_default(
    gateway: Gateway, worker: FakeWorker, ayse: str
) -> None:
    project = make_project(gateway, "Hava")
    gateway.client.post(f"/api/v1/projects/{project}/members", json={"user": "Ayşe", "role": "editor"})
    key = make_key(gateway, "Ayşe", ["write"], project=project)
    elsewhere = gateway.submit()
    with gateway.stranger() as program:
        started = program.post("/api/v1/experiments", json={"pipeline": "toy"}, headers=key).json()["task_id"]
        listed = program.get("/api/v1/experiments", headers=key).json()["items"]
        assert [one["task_id"] for one in listed] == [started]
        assert program.get(f"/api/v1/experiments/{elsewhere}", headers=key).status_code == 404
        body = {"pipeline": "toy", "project": DEFAULT_PROJECT}
        assert program.post("/api/v1/experiments", json=body, headers=key).status_code == 404
        assert [one["id"] for one in program.get("/api/v1/projects", headers=key).json()["items"]] == [project]


def test_a_key_makes_keys_for_its_owner_that_end_with_it(gateway: Gateway, ayse: str) -> None:
    with closing(sign_in(gateway, "Ayşe")) as browser:
        parent = browser.post(URL, json={"name": "parent", "scopes": ["admin"], "expires_in_days": 1}).json()
        headers = {"Authorization": f"Bearer {parent['key']}"}
        child = browser.post(URL, json={"name": "child", "scopes": ["read"], "expires_in_days": 365}, headers=headers)
        assert child.json()["read"]["expires_at"] == parent["read"]["expires_at"]
        for_other = browser.post(URL, json={"name": "x", "scopes": ["read"], "user": "Ayşe"}, headers=headers)
        assert for_other.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": "k"}, {"name": "k", "scopes": []}, {"name": "k", "scopes": ["king"]},
        {"name": "", "scopes": ["read"]},
        {"name": "\u202e", "scopes": ["read"]}, {"name": "k", "scopes": "read"}, {"name": "k", "scopes": ["read"] * 4},
        {"name": "k", "scopes": ["read"], "expires_in_days": 0},
        {"name": "k", "scopes": ["read"], "expires_in_days": 1e9},
        {"name": "k", "scopes": ["read"], "project": "x"}, {"name": "k", "scopes": ["read"], "key": "azf_mine"},
    ],
)  # fmt: skip
def test_what_cannot_be_a_key_is_refused(gateway: Gateway, ayse: str, body: dict[str, Any]) -> None:
    with closing(sign_in(gateway, "Ayşe")) as browser:
        answer = browser.post(URL, json=body)
        assert answer.status_code == refused_status(body), answer.text
        assert answer.json()["errors"]


def test_the_owner_key_says_whose_a_key_is(gateway: Gateway, ayse: str) -> None:
    without = gateway.client.post(URL, json={"name": "k", "scopes": ["read"]})
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/user")
    assert gateway.client.post(URL, json={"name": "k", "scopes": ["read"], "user": "nobody"}).status_code == 404


@pytest.mark.parametrize(
    "value", ["azf_", "azf_" + "x" * 43, "azf_" + "x" * 5000, "azf_\x00", "Bearer azf_x", "azf_ü", "AZF_x"]
)
def test_a_forged_key_is_nobody(gateway: Gateway, value: str) -> None:
    headers = {"Authorization": b"Bearer " + value.encode("latin-1")}
    with gateway.stranger() as program:
        try:
            answer = program.get("/api/v1/experiments", headers=headers)
        except Exception:  # noqa: BLE001 - a header that no client sends
            return
    assert answer.status_code in {400, 401}
