"""Signing out: the session's sockets close at once, in every API process."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import httpx
from azuraforge_lab.steady import SteadyConfig
from gateway import Gateway, open_gateway
from scenario import Measured
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from worker_house import House

LIMIT_S = 1.0
GATEWAYS = 2
SOCKETS_EACH = 5
SESSION_ENDED = 4401
LIMITS = "azuraforge:limit:*"


def sign_out(house: House, size: int) -> Measured:
    """`size` people with five sockets on each of two gateways sign out at one of them."""
    task_id = house.train(SteadyConfig(), is_sent=False)
    took: list[float] = []
    wrongs: list[str] = []
    with ExitStack() as stack:
        gateways = [stack.enter_context(open_gateway(house)) for _ in range(GATEWAYS)]
        for place in range(size):
            browser = stack.enter_context(closing(_sign_in(house, gateways[0], name=f"person-{place}")))
            sockets = [_watch(one, task_id, browser) for one in gateways for _ in range(SOCKETS_EACH)]
            with ThreadPoolExecutor(len(sockets)) as pool:
                endings = [pool.submit(_wait_for_close, socket, house.deadline_s) for socket in sockets]
                asked = time.monotonic()
                browser.delete("/api/v1/auth/session").raise_for_status()
                for ending in endings:
                    closed_at, code = ending.result()
                    took.append(closed_at - asked)
                    wrongs += [] if code == SESSION_ENDED else [f"a socket was closed with {code}"]
    wrongs += [] if max(took) < LIMIT_S else [f"a socket stayed open for {max(took):.1f} s"]
    return Measured(f"{len(took)} sockets, the slowest closed after {max(took):.2f} s", wrongs)


def _sign_in(house: House, gateway: Gateway, *, name: str) -> httpx.Client:
    """A browser with a session of its own."""
    url = f"http://127.0.0.1:{gateway.port}"
    for key in house.redis.keys(LIMITS):
        house.redis.delete(key)  # the limit on sign-ins is another test's
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {gateway.key}"}, timeout=30) as owner:
        body: dict[str, Any] = {"name": name, "is_admin": True, "projects": []}
        owner.post("/api/v1/users", json=body).raise_for_status()
        link = owner.post("/api/v1/auth/links", json={"purpose": "session", "user": name})
        link.raise_for_status()
    browser = httpx.Client(base_url=url, headers={"Origin": url}, timeout=30)
    token = link.json()["path"].partition("#")[2]
    browser.post("/api/v1/auth/session", json={"token": token}).raise_for_status()
    return browser


def _watch(gateway: Gateway, task_id: str, browser: httpx.Client) -> ClientConnection:
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    origin = f"http://127.0.0.1:{gateway.port}"
    socket = connect(
        f"ws://127.0.0.1:{gateway.port}/ws/task_status/{task_id}",
        additional_headers={"Cookie": cookie, "Origin": origin},
        open_timeout=10,
    )
    socket.recv(timeout=10)
    return socket


def _wait_for_close(socket: ClientConnection, deadline_s: float) -> tuple[float, int]:
    last = time.monotonic() + deadline_s
    try:
        while time.monotonic() < last:
            socket.recv(timeout=deadline_s)
    except ConnectionClosed as closed:
        return time.monotonic(), closed.rcvd.code if closed.rcvd else 0
    except TimeoutError:
        pass
    return time.monotonic(), 0
