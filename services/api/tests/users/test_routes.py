"""Users over HTTP: names, changes, and what bad input gets."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from account_fakes import make_key, make_user, sign_in
from gateway_fakes import Gateway, refused_status

URL = "/api/v1/users"


def test_a_new_user_comes_with_a_link_or_with_a_password(gateway: Gateway) -> None:
    invited = gateway.client.post(URL, json={"name": "Ayşe"}).json()
    assert invited["link"]["path"].startswith("/sign-in#")
    assert (invited["link"]["purpose"], invited["user"]["has_password"]) == ("invite", False)
    ready = gateway.client.post(URL, json={"name": "Bora", "password": "yedi cüceler ve bir fırın"}).json()
    assert (ready["link"], ready["user"]["has_password"]) == (None, True)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": "   "}, {"name": "x" * 65}, {"name": "a\u202eb"}, {"name": "a\u200bb"},
        {"name": "a\x07b"}, {"name": "..."}, {"name": "\ue000"}, {"name": 7}, {"name": None}, {"name": ["a"]},
        {"name": "ok1", "password": "short"}, {"name": "ok2", "password": ""}, {"name": "ok3", "is_admin": "maybe"},
        {"name": "ok4", "projects": [{"project": "x", "role": "viewer"}]},
        {"name": "ok5", "projects": [{"project": "0" * 36, "role": "king"}]},
        {"name": "ok6", "disabled_at": 1}, {"name": "\ufdfa" * 40},
    ],
)  # fmt: skip
def test_what_cannot_be_a_user_is_refused_and_nothing_is_made(gateway: Gateway, body: dict[str, Any]) -> None:
    before = len(gateway.client.get(URL).json()["items"])
    answer = gateway.client.post(URL, json=body)
    assert answer.status_code == refused_status(body), answer.text
    problem = answer.json()
    assert problem["errors"]
    assert problem["hint"]
    assert len(gateway.client.get(URL).json()["items"]) == before


def test_a_project_that_is_not_there_makes_no_user(gateway: Gateway) -> None:
    nowhere = "0197a1b2-0000-7000-8000-0000000000aa"
    body = {"name": "Cem", "projects": [{"project": nowhere, "role": "viewer"}]}
    assert gateway.client.post(URL, json=body).status_code == 404
    assert "Cem" not in gateway.client.get(URL).text


def test_a_taken_name_is_told_at_its_field(gateway: Gateway) -> None:
    user_id = make_user(gateway, "Deniz")
    make_user(gateway, "Ece")
    for answer in (
        gateway.client.post(URL, json={"name": "DENIZ"}),
        gateway.client.patch(f"{URL}/{user_id}", json={"name": "éce"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
        assert answer.json()["errors"][0]["pointer"] == "/name"


def test_the_last_admin_is_neither_demoted_nor_disabled(gateway: Gateway) -> None:
    admin = make_user(gateway, "root", is_admin=True, password="yedi cüceler ve bir fırın")
    for change in ({"is_admin": False}, {"is_disabled": True}):
        answer = gateway.client.patch(f"{URL}/{admin}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


def test_a_disabled_user_is_out_at_once_with_session_and_key(gateway: Gateway) -> None:
    user_id = make_user(gateway, "Fuat")
    headers = make_key(gateway, "Fuat", ["admin"])
    with closing(sign_in(gateway, "Fuat")) as browser:
        assert gateway.client.patch(f"{URL}/{user_id}", json={"is_disabled": True}).status_code == 200
        assert browser.get("/api/v1/auth/session").status_code == 401
        assert browser.get("/api/v1/auth/session", headers=headers).status_code == 401
        assert gateway.client.post(f"{URL}/{user_id}/links").status_code == 404
        assert gateway.client.patch(f"{URL}/{user_id}", json={"is_disabled": False}).status_code == 200
        assert browser.get("/api/v1/auth/session", headers=headers).status_code == 200


@pytest.mark.parametrize("user_id", ["x", "%00", "..%2f..%2fetc", "0197a1b2-0000-7000-8000-0000000000aa", "%ff"])
def test_an_id_that_nobody_has_is_not_found(gateway: Gateway, user_id: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"is_admin": True})):
        answer = gateway.client.request(method, f"{URL}/{user_id}", json=body)
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
