"""Signing in by password and by every kind of link, on a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis
from account_fakes import PASSWORD, forget_tries, make_user
from gateway_fakes import Gateway

from azuraforge_api.auth.passwords import Passwords
from azuraforge_api.auth.sign_in import SignInService

URL = "/api/v1/auth/session"
OTHER = "on iki dev adam dağa çıktı"


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> dict[str, str]:
    """Ayşe has a password, Fatma was only invited."""
    return {
        "Ayşe": make_user(gateway, "Ayşe", is_admin=True, password=PASSWORD),
        "Fatma": make_user(gateway, "Fatma"),
    }


@pytest.fixture
def browser(gateway: Gateway, people: dict[str, str]) -> Iterator[httpx.Client]:
    forget_tries(gateway)
    with gateway.stranger() as client:
        client.headers["Origin"] = gateway.url
        yield client


def said(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    return {**body, "request_id": ""}


@pytest.mark.parametrize("name", ["Ayşe", "ayse", " AYŞE ", "Ays\u0327e"])
def test_name_and_password_open_a_session(browser: httpx.Client, name: str) -> None:
    answer = browser.post(URL, json={"name": name, "password": PASSWORD})
    assert (answer.status_code, answer.json()["user"], answer.json()["role"]) == (200, "Ayşe", "admin")
    assert browser.get(URL).json()["kind"] == "session"


def test_a_wrong_password_an_unknown_name_and_no_password_yet_are_one_answer(browser: httpx.Client) -> None:
    answers = [
        browser.post(URL, json={"name": name, "password": OTHER}) for name in ("Ayşe", "Nobody", "Fatma", "\u200b")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert all(said(answer) == said(answers[0]) for answer in answers)
    assert answers[0].json()["code"] == "credentials_invalid"
    assert OTHER not in answers[0].text


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "Ayşe"}, {"password": PASSWORD}, {"name": "", "password": ""}, {"name": "x" * 65, "password": "x"},
     {"name": "Ayşe", "password": "x" * 1025}, {"name": 1, "password": True}, {"name": None, "password": None},
     {"token": ["x"]}, {"name": "Ayşe", "password": PASSWORD, "is_admin": True}],
)  # fmt: skip
def test_what_cannot_be_a_sign_in_is_refused_with_its_fields(browser: httpx.Client, body: dict[str, Any]) -> None:
    answer = browser.post(URL, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("text", ["\x7f", "\u202e", "a\x00b"])
def test_what_does_not_show_is_refused_before_it_is_a_name_or_a_token(browser: httpx.Client, text: str) -> None:
    for body in ({"token": text}, {"name": text, "password": OTHER}):
        answer = browser.post(URL, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "json_invalid")


@pytest.mark.parametrize("token", ["nonsense", "ü", "x" * 5000, "../../etc/passwd"])
def test_a_forged_token_opens_nothing(browser: httpx.Client, token: str) -> None:
    assert browser.post(URL, json={"token": token}).json()["code"] in {"link_invalid", "request_invalid"}
    read = browser.post("/api/v1/auth/links/read", json={"token": token})
    assert read.json()["code"] in {"link_invalid", "request_invalid"}
    assert read.status_code in {401, 422}


def test_an_invited_user_chooses_a_password_and_the_link_is_used_up(
    gateway: Gateway, browser: httpx.Client, people: dict[str, str]
) -> None:
    link = gateway.client.post(f"/api/v1/users/{people['Fatma']}/links").json()
    token = link["path"].partition("#")[2]
    assert (link["purpose"], link["user"]) == ("invite", "Fatma")
    assert browser.post("/api/v1/auth/links/read", json={"token": token}).json()["purpose"] == "invite"
    without = browser.post(URL, json={"token": token})
    assert (without.status_code, without.json()["code"]) == (422, "password_required")
    weak = browser.post(URL, json={"token": token, "password": "fatma fatma fatma"})
    assert (weak.status_code, weak.json()["code"]) == (422, "password_unusable")
    forget_tries(gateway)
    assert browser.post(URL, json={"token": token, "password": OTHER}).json()["user"] == "Fatma"
    assert browser.post(URL, json={"token": token, "password": OTHER}).json()["code"] == "link_invalid"
    assert browser.post(URL, json={"name": "fatma", "password": OTHER}).status_code == 200
    assert gateway.client.post(f"/api/v1/users/{people['Fatma']}/links").json()["purpose"] == "reset"


def test_signing_in_again_leaves_no_session_behind(gateway: Gateway, browser: httpx.Client) -> None:
    for _ in range(3):
        assert browser.post(URL, json={"name": "Ayşe", "password": PASSWORD}).status_code == 200
    browser.delete("/api/v1/auth/sessions")
    browser.post(URL, json={"name": "Ayşe", "password": PASSWORD})
    assert len(browser.get("/api/v1/auth/sessions").json()["items"]) == 1


def test_rotating_forwarded_addresses_from_anybody_are_one_address(
    gateway: Gateway, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    async def check(password: str, stored: str | None) -> tuple[bool, None]:
        hashed.append(password)
        return False, None

    monkeypatch.setattr(gateway.app.state.parts[SignInService]._passwords, "check", check)
    codes = []
    for number in range(200):
        forwarded = f"203.0.{number // 250}.{number % 250}"
        headers = {"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}", "X-Real-IP": forwarded}
        body = {"name": f"user-{number}", "password": "guess"}
        codes.append(browser.post(URL, json=body, headers=headers).status_code)
    assert codes[:10] == [401] * 10
    assert set(codes[11:]) == {429} or codes.count(401) <= 12, "ten at once, then one every six seconds"
    assert len(hashed) == codes.count(401)


def test_one_account_is_tried_so_often_from_all_addresses_together(gateway: Gateway, browser: httpx.Client) -> None:
    limit = gateway.app.state.parts[SignInService]._by_account._alone
    codes = []
    for number in range(limit.burst + 1):
        if number % 5 == 0:
            forget_addresses(gateway)
        name = ("Fatma", "fatma", "FATMA", "Fátma")[number % 4]
        codes.append(browser.post(URL, json={"name": name, "password": "guess"}).status_code)
    assert codes == [401] * limit.burst + [429]


def forget_addresses(gateway: Gateway) -> None:
    with redis.Redis.from_url(gateway.settings.redis_url) as client:
        for key in client.keys("azuraforge:limit:sign-in:address:*"):
            client.delete(key)


def test_every_sign_in_is_written_down_without_what_was_typed(gateway: Gateway, browser: httpx.Client) -> None:
    browser.post(URL, json={"name": "a password by mistake", "password": "hunter2hunter2"})
    browser.post(URL, json={"name": "Ayşe", "password": "hunter2hunter2"})
    browser.post(URL, json={"name": "Ayşe", "password": PASSWORD}, headers={"User-Agent": "Test"})
    text = gateway.client.get("/api/v1/audit?limit=20").text
    entries = gateway.client.get("/api/v1/audit?limit=3").json()["items"]
    assert [entry["action"] for entry in entries] == ["signed_in", "sign_in_failed", "sign_in_failed"]
    assert [entry["actor"] == "nobody" for entry in entries] == [False, True, True]
    assert (entries[1]["subject"] != "", entries[2]["subject"]) == (True, "")
    assert {entry["address"] for entry in entries} == {"127.0.0.1"}
    for secret in ("hunter2", "mistake", PASSWORD):
        assert secret not in text


def test_who_has_an_admin_gets_no_link_for_the_first_one(gateway: Gateway, browser: httpx.Client) -> None:
    answer = gateway.client.post("/api/v1/auth/links", json={"purpose": "setup"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert gateway.client.post("/api/v1/auth/links").json()["user"] == "Ayşe"
    assert gateway.client.post("/api/v1/auth/links", json={"user": "nobody"}).status_code == 404


def test_hashing_happens_beside_the_event_loop(
    gateway: Gateway, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, release = threading.Event(), threading.Event()
    real = Passwords._check

    def check(self: Passwords, password: str, stored: str | None) -> tuple[bool, str | None]:
        inside.set()
        release.wait(30)
        return real(self, password, stored)

    monkeypatch.setattr(Passwords, "_check", check)
    trying = threading.Thread(target=lambda: browser.post(URL, json={"name": "Ayşe", "password": "guess"}))
    trying.start()
    assert inside.wait(30)
    assert gateway.client.get("/api/v1/health").status_code == 200, "others are answered meanwhile"
    release.set()
    trying.join()
