"""What somebody does with their own account."""

from __future__ import annotations

from contextlib import closing

import pytest
from account_fakes import PASSWORD, forget_tries, make_key, make_user, sign_in
from gateway_fakes import Gateway

URL = "/api/v1/auth"
OTHER = "on iki dev adam dağa çıktı"


@pytest.fixture(scope="module")
def ayse(gateway: Gateway) -> str:
    return make_user(gateway, "Ayşe", password=PASSWORD)


def test_sessions_are_listed_with_agent_and_address_and_end_one_by_one(gateway: Gateway, ayse: str) -> None:
    agent = {"User-Agent": "Firefox on a train"}
    with closing(sign_in(gateway, "Ayşe", **agent)) as browser, closing(sign_in(gateway, "Ayşe")) as other:
        listed = browser.get(f"{URL}/sessions").json()["items"]
        mine = next(one for one in listed if one["is_current"])
        assert (mine["agent"], mine["address"]) == ("Firefox on a train", "127.0.0.1")
        assert len(listed) == 2
        assert other.delete(f"{URL}/sessions/{mine['id']}").status_code == 204
        assert browser.get(f"{URL}/session").status_code == 401
        assert other.delete(f"{URL}/sessions/{mine['id']}").status_code == 404


def test_a_new_password_ends_every_other_session_and_the_old_password(gateway: Gateway, ayse: str) -> None:
    with closing(sign_in(gateway, "Ayşe")) as browser, closing(sign_in(gateway, "Ayşe")) as other:
        wrong = browser.post(f"{URL}/password", json={"current": OTHER, "new": OTHER})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "credentials_invalid")
        weak = browser.post(f"{URL}/password", json={"current": PASSWORD, "new": "password1234"})
        assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "/new")
        assert browser.post(f"{URL}/password", json={"current": PASSWORD, "new": OTHER}).status_code == 204
        assert browser.get(f"{URL}/session").status_code == 200
        assert other.get(f"{URL}/session").status_code == 401
    forget_tries(gateway)
    with gateway.stranger() as stranger:
        codes = [
            stranger.post(f"{URL}/session", json={"name": "Ayşe", "password": password}).status_code
            for password in (PASSWORD, OTHER)
        ]
    assert codes == [401, 200]


@pytest.mark.parametrize("session_id", ["x", "..%2f..", "%00", "0197a1b2-0000-7000-8000-0000000000aa"])
def test_a_session_that_is_not_mine_is_not_there(gateway: Gateway, ayse: str, session_id: str) -> None:
    with closing(sign_in(gateway, "Ayşe")) as browser:
        answer = browser.delete(f"{URL}/sessions/{session_id}")
        assert 400 <= answer.status_code < 500
        assert answer.json()["hint"]


def test_a_key_manages_its_owners_account_only_with_every_right(gateway: Gateway, ayse: str) -> None:
    with closing(sign_in(gateway, "Ayşe")) as browser:
        for scopes, status in ((["read", "write"], 403), (["admin"], 204)):
            headers = make_key(gateway, "Ayşe", scopes)
            assert gateway.stranger().delete(f"{URL}/sessions", headers=headers).status_code == status
        assert browser.get(f"{URL}/session").status_code == 401
