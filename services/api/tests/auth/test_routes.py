"""Signing in and out, and what a cookie may do."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from account_fakes import forget_tries, make_user
from gateway_fakes import Gateway, run_gateway

HTTPS = "https://forge.example.org"


def sign_in(gateway: Gateway, browser: httpx.Client, **headers: str) -> httpx.Response:
    token = gateway.client.post("/api/v1/auth/links").json()["path"].partition("#")[2]
    return browser.post("/api/v1/auth/session", json={"token": token}, headers={"Origin": gateway.url, **headers})


@pytest.fixture
def browser(gateway: Gateway) -> Iterator[httpx.Client]:
    if gateway.client.get("/api/v1/users").json()["items"] == []:
        make_user(gateway, "owner", is_admin=True)
    forget_tries(gateway)
    with gateway.stranger() as client:
        yield client


def test_a_link_signs_in_once(gateway: Gateway, browser: httpx.Client) -> None:
    token = gateway.client.post("/api/v1/auth/links").json()["path"].partition("#")[2]
    first = browser.post("/api/v1/auth/session", json={"token": token}, headers={"Origin": gateway.url})
    again = gateway.stranger().post("/api/v1/auth/session", json={"token": token}, headers={"Origin": gateway.url})
    assert (first.status_code, first.json()["user"]) == (200, "owner")
    assert (again.status_code, again.json()["code"]) == (401, "link_invalid")
    assert browser.get("/api/v1/auth/session").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(gateway: Gateway, browser: httpx.Client) -> None:
    cookie = sign_in(gateway, browser).headers["set-cookie"]
    assert cookie.startswith("azuraforge_session=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(clean_redis: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with (
        run_gateway(
            database_url=url, redis_url=clean_redis, folder=tmp_path, settings={"public_url": HTTPS}
        ) as gateway,
        gateway.stranger() as browser,
    ):
        make_user(gateway, "owner", is_admin=True)
        answer = sign_in(gateway, browser, Origin=HTTPS)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-azuraforge_session=")
        assert "Secure" in cookie
        assert answer.headers["strict-transport-security"]
        token = cookie.partition("=")[2].partition(";")[0]
        plain = browser.get("/api/v1/auth/session", headers={"Cookie": f"azuraforge_session={token}"})
        bound = browser.get("/api/v1/auth/session", headers={"Cookie": f"__Host-azuraforge_session={token}"})
        assert (plain.status_code, bound.status_code) == (401, 200)


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(gateway: Gateway, browser: httpx.Client) -> None:
    sign_in(gateway, browser)
    copy = {"Cookie": f"azuraforge_session={browser.cookies['azuraforge_session']}"}
    assert browser.delete("/api/v1/auth/session", headers={"Origin": gateway.url}).status_code == 204
    assert gateway.stranger().get("/api/v1/experiments", headers=copy).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
def test_a_cookie_changes_nothing_for_other_sites(
    gateway: Gateway, browser: httpx.Client, headers: dict[str, str]
) -> None:
    sign_in(gateway, browser)
    answer = browser.post("/api/v1/experiments", json={"pipeline": "toy"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")
    assert browser.delete("/api/v1/auth/session", headers=headers).status_code == 403
    assert browser.get("/api/v1/auth/session").status_code == 200


def test_another_site_cannot_sign_a_browser_in(gateway: Gateway, browser: httpx.Client) -> None:
    assert sign_in(gateway, browser, Origin="http://evil.example").status_code == 403


def test_links_are_made_with_the_key_only(gateway: Gateway, browser: httpx.Client) -> None:
    sign_in(gateway, browser)
    assert browser.post("/api/v1/auth/links", headers={"Origin": gateway.url}).status_code == 403


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", "Basic abc", "", "Bearer " + "x" * 5000, "Bearer \xe9"])
def test_a_wrong_key_is_nobody_even_beside_a_good_cookie(gateway: Gateway, browser: httpx.Client, value: str) -> None:
    sign_in(gateway, browser)
    answer = browser.get("/api/v1/experiments", headers={"Authorization": value.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_guessing_links_is_slowed_down(gateway: Gateway, browser: httpx.Client) -> None:
    codes = [
        browser.post("/api/v1/auth/session", json={"token": f"guess-{n}"}, headers={"Origin": gateway.url}).status_code
        for n in range(12)
    ]
    assert codes[:10] == [401] * 10
    assert codes[10:] == [429] * 2


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example"])
def test_an_unknown_host_name_is_not_answered(gateway: Gateway, host: str) -> None:
    answer = gateway.stranger().get("/api/v1/health", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "host_refused")
