"""Deny by default: the table of routes is walked, so a new route is closed until somebody writes it down as public."""

import re

import pytest
from fastapi import FastAPI
from gateway_fakes import DEADLINE_S, Gateway
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from azuraforge_api.auth.identity import PUBLIC_ROUTES, is_public

TASK_ID = "0197a1b2-0000-7000-8000-0000000000aa"


def http_routes(app: FastAPI) -> set[tuple[str, str]]:
    described = app.openapi()["paths"]
    return {(method.upper(), path) for path, operations in described.items() for method in operations}


def test_every_http_route_but_the_written_list_needs_a_user(gateway: Gateway) -> None:
    routes = http_routes(gateway.app)
    assert len(routes) >= 14
    assert routes >= PUBLIC_ROUTES
    with gateway.stranger() as stranger:
        for method, path in sorted(routes - PUBLIC_ROUTES):
            url = re.sub(r"\{\w+\}", TASK_ID, path)
            answer = stranger.request(method, url)
            assert answer.status_code == 401, (method, path)
            assert answer.json()["code"] == "unauthenticated"


def test_the_owner_passes_where_a_stranger_does_not(gateway: Gateway) -> None:
    for method, path in sorted(http_routes(gateway.app) - PUBLIC_ROUTES):
        url = re.sub(r"\{\w+\}", TASK_ID, path)
        answer = gateway.client.request(method, url)
        assert answer.status_code != 401, (method, path)
        assert answer.status_code < 500, (method, path)


@pytest.mark.parametrize("path", [f"/ws/task_status/{TASK_ID}", "/ws", "/ws/other", "/api/v1/experiments"])
def test_every_socket_needs_a_user(gateway: Gateway, path: str) -> None:
    with connect(f"{gateway.url.replace('http', 'ws')}{path}") as socket, pytest.raises(ConnectionClosed) as caught:
        socket.recv(timeout=DEADLINE_S)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4401


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/new", "/api/v2/experiments", "/ws/x"])
def test_what_does_not_exist_yet_is_closed_already(gateway: Gateway, method: str, path: str) -> None:
    assert not is_public(method, path)
    assert gateway.stranger().request(method, path).status_code == 401


def test_the_check_notices_a_route_that_was_opened(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azuraforge_api.auth.identity.PUBLIC_ROUTES", PUBLIC_ROUTES | {("GET", "/api/v1/experiments")})
    with pytest.raises(AssertionError):
        test_every_http_route_but_the_written_list_needs_a_user(gateway)
