"""Who is signed out is out everywhere: two API processes on one ledger and one Redis."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from account_fakes import COOKIE, PASSWORD, make_key, make_user, sign_in
from gateway_fakes import DEADLINE_S, FakeWorker, Gateway, make_manifest, run_gateway, wait_until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from azuraforge_api.auth.connections import OpenConnections
from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.service import AuthService
from azuraforge_api.events.service import LiveService
from azuraforge_ledger import DEFAULT_PROJECT

REAL_CHECK = OpenConnections.end_dead
Watch = Callable[[Gateway, str, dict[str, str]], ClientConnection]


@pytest.fixture(scope="module")
def pair(clean_redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Gateway]]:
    """Two gateways that share everything, and see what the other says only over Redis."""
    folder = tmp_path_factory.mktemp("pair")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with (
        run_gateway(database_url=url, redis_url=clean_redis, folder=folder) as one,
        run_gateway(database_url=url, redis_url=clean_redis, folder=folder) as two,
    ):
        worker = FakeWorker(clean_redis, [make_manifest()])
        for gateway in (one, two):
            wait_until(gateway.app.state.parts[LiveService]._subscription.is_live.is_set)
        yield one, two
        worker.leave()


def test_two_processes_asked_at_the_same_moment_make_one_first_admin(pair: tuple[Gateway, Gateway]) -> None:
    tokens = [one.client.post("/api/v1/auth/links").json()["path"].partition("#")[2] for one in pair]
    barrier, codes = threading.Barrier(2), list[int]()

    def redeem(gateway: Gateway, token: str, name: str) -> None:
        with gateway.stranger() as browser:
            barrier.wait()
            body = {"token": token, "name": name, "password": PASSWORD}
            answer = browser.post("/api/v1/auth/session", json=body, headers={"Origin": gateway.url})
            codes.append(answer.status_code)

    names = ("first", "second")
    threads = [threading.Thread(target=redeem, args=args) for args in zip(pair, tokens, names, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 401]
    assert [user["is_admin"] for user in pair[0].client.get("/api/v1/users").json()["items"]] == [True]


@pytest.fixture(autouse=True)
def no_look_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look every few seconds would find it as well, only later."""

    async def look_at_nothing(*_: object) -> None:
        """Find nothing."""

    monkeypatch.setattr(OpenConnections, "end_dead", look_at_nothing)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Opens sockets that have heard the first event; whatever is open in the end is closed."""
    with ExitStack() as stack:

        def open_one(gateway: Gateway, task_id: str, headers: dict[str, str]) -> ClientConnection:
            url = f"{gateway.url.replace('http', 'ws')}/ws/task_status/{task_id}"
            origin = {"Origin": gateway.url} if "Cookie" in headers else {}
            socket = stack.enter_context(connect(url, additional_headers={**headers, **origin}))
            assert json.loads(socket.recv(timeout=DEADLINE_S))["seq"] == 1
            return socket

        yield open_one


def close_code(socket: ClientConnection) -> int:
    try:
        while True:
            socket.recv(timeout=DEADLINE_S)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 0


def cookie(browser: Any) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}


@pytest.mark.parametrize("way", ["sign out", "revoke", "revoke the others", "disable"])
def test_sockets_of_an_ended_session_close_in_every_process(
    pair: tuple[Gateway, Gateway], watch: Watch, way: str
) -> None:
    one, two = pair
    task_id = one.submit()
    name = f"user {way}"
    user_id = make_user(one, name, roles={DEFAULT_PROJECT: "viewer"})
    with closing(sign_in(one, name)) as browser, closing(sign_in(one, name)) as other:
        sockets = [watch(gateway, task_id, cookie(browser)) for gateway in pair]
        staying = watch(two, task_id, cookie(other))
        session_id = next(
            one["id"] for one in browser.get("/api/v1/auth/sessions").json()["items"] if one["is_current"]
        )
        match way:
            case "sign out":
                answer = browser.delete("/api/v1/auth/session")
            case "revoke":
                answer = other.delete(f"/api/v1/auth/sessions/{session_id}")
            case "revoke the others":
                answer = other.delete("/api/v1/auth/sessions")
            case _:
                answer = one.client.patch(f"/api/v1/users/{user_id}", json={"is_disabled": True})
        assert answer.is_success
        assert [close_code(socket) for socket in sockets] == [4401, 4401]
        if way != "disable":
            one.client.post(f"/api/v1/experiments/{task_id}/cancel")
            assert json.loads(staying.recv(timeout=DEADLINE_S))["seq"] == 2, "the other session goes on"


def test_a_revoked_key_closes_what_it_had_open(pair: tuple[Gateway, Gateway], watch: Watch) -> None:
    one, two = pair
    task_id = one.submit()
    make_user(one, "Ayşe", roles={DEFAULT_PROJECT: "editor"})
    headers = make_key(one, "Ayşe", ["read"])
    socket = watch(two, task_id, headers)
    key_id = one.client.get("/api/v1/keys?all=true").json()["items"][0]["id"]
    assert one.client.delete(f"/api/v1/keys/{key_id}").status_code == 204
    assert close_code(socket) == 4401


def test_who_loses_a_role_is_asked_to_come_again_and_then_finds_nothing(
    pair: tuple[Gateway, Gateway], watch: Watch
) -> None:
    one, two = pair
    task_id = one.submit()
    user_id = make_user(one, "Fatma", roles={DEFAULT_PROJECT: "viewer"})
    with closing(sign_in(one, "Fatma")) as browser:
        socket = watch(two, task_id, cookie(browser))
        assert one.client.delete(f"/api/v1/projects/{DEFAULT_PROJECT}/members/{user_id}").status_code == 204
        assert close_code(socket) == 1012
        with connect(
            f"{two.url.replace('http', 'ws')}/ws/task_status/{task_id}",
            additional_headers={**cookie(browser), "Origin": two.url},
        ) as again:
            assert close_code(again) == 4404


def test_what_was_not_heard_is_found_by_the_look_every_few_seconds(
    pair: tuple[Gateway, Gateway], watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair
    task_id = one.submit()
    monkeypatch.setattr(Endings, "hear", lambda *_: None)
    make_user(one, "Zeynep", roles={DEFAULT_PROJECT: "viewer"})
    with closing(sign_in(one, "Zeynep")) as browser, closing(sign_in(one, "Zeynep")) as other:
        ended, changed = watch(two, task_id, cookie(browser)), watch(two, task_id, cookie(other))
        browser.delete("/api/v1/auth/session")
        parts = two.app.state.parts
        look(two, parts)
        assert close_code(ended) == 4401
        one.client.post(f"/api/v1/projects/{DEFAULT_PROJECT}/members", json={"user": "Zeynep", "role": "admin"})
        look(two, parts)
        assert close_code(changed) == 1012


def look(gateway: Gateway, parts: Any) -> None:
    """One look of this gateway at its connections, in its own event loop."""
    loop = parts[LiveService]._subscription._tasks[0].get_loop()
    looking = REAL_CHECK(parts[OpenConnections], parts[AuthService].list_live)
    asyncio.run_coroutine_threadsafe(looking, loop).result(DEADLINE_S)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"sessions": 1}', '{"sessions": []}', '{"users": ["x"]}'])
def test_what_names_no_session_ends_nothing(pair: tuple[Gateway, Gateway], text: str) -> None:
    endings = pair[0].app.state.parts[Endings]
    endings.hear(text)
