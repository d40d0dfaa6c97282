"""Which hosts, origins and heads are let in, asked of a running server with bytes that no client library sends."""

import socket

import pytest
from gateway_fakes import DEADLINE_S, OWNER, OWNER_KEY, Gateway
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from azuraforge_api.edge.headers import SECURITY_HEADERS

TASK_ID = "0197a1b2-0000-7000-8000-0000000000aa"
KEY = b"Authorization: Bearer " + OWNER_KEY.encode()


def ask(gateway: Gateway, line: bytes, *headers: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    request = b"\r\n".join([line + b" HTTP/1.1", *headers, b"Connection: close", b"", b""])
    with socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=DEADLINE_S) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    pairs = (one.partition(b": ") for one in lines[1:])
    return int(lines[0].split()[1]), {name.lower(): value for name, _, value in pairs}, body


@pytest.mark.parametrize(
    "hosts",
    [
        [b"Host: evil.example"],
        [b"Host: evil.example:%d"],  # rebinding: the name is the attacker's, the address ours
        [b"Host: 127.0.0.1.nip.example"],
        [b"Host: localhost."],
        [b"Host: localhost:80@evil.example"],
        [b"Host: localhost/evil"],
        [b"Host: 127.0.0.1:notaport"],
        [b"Host: 0.0.0.0"],
        [b"Host: [::ffff:127.0.0.1]"],
        [b"Host: [::1"],
        [b"Host:"],
        [b"Host: \xff\xfe"],
        [],
        [b"Host: 127.0.0.1", b"Host: evil.example"],
        [b"Host: evil.example", b"Host: 127.0.0.1"],
        [b"Host: evil.example", b"X-Forwarded-Host: 127.0.0.1"],
    ],
)
def test_an_unknown_or_unclear_host_is_refused(gateway: Gateway, hosts: list[bytes]) -> None:
    for path in (b"GET /", b"GET /api/v1/health", b"GET /api/v1/experiments"):
        status, _, body = ask(gateway, path, *hosts, KEY)
        assert status == 400, body
        assert b"evil" not in body


@pytest.mark.parametrize("host", [b"127.0.0.1", b"127.0.0.1:8620", b"LOCALHOST", b"[::1]:1"])
def test_our_own_hosts_are_answered(gateway: Gateway, host: bytes) -> None:
    assert ask(gateway, b"GET /api/v1/experiments", b"Host: " + host, KEY)[0] == 200


EVIL = [
    "http://evil.example", "null", "", "http://[", "http://[::1", "http://127.0.0.1:%d.evil.example", "https://127.0.0.1:%d",
    "http://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:%d/", "http://user@127.0.0.1:%d", "file://", "\xff",
    "http://127.0.0.1:%d http://evil.example",
]  # fmt: skip


def origin_of(gateway: Gateway, template: str) -> str:
    return template.replace("%d", str(gateway.settings.port))


@pytest.mark.parametrize("origin", EVIL)
def test_a_change_from_another_origin_is_refused(gateway: Gateway, origin: str) -> None:
    host = f"Host: 127.0.0.1:{gateway.settings.port}".encode()
    header = b"Origin: " + origin_of(gateway, origin).encode("latin-1")
    status, _, body = ask(gateway, b"POST /api/v1/auth/session", host, header, b"Content-Length: 0")
    assert (status, b"csrf_refused" in body) == (403, True)
    status, _, _ = ask(
        gateway, b"POST /api/v1/auth/session", host, b"Sec-Fetch-Site: same-origin", header, b"Content-Length: 0"
    )
    assert status == 403


@pytest.mark.parametrize("site", [b"cross-site", b"same-site", b"", b"SAME-ORIGIN", b"same-origin, same-origin"])
def test_another_fetch_site_is_refused(gateway: Gateway, site: bytes) -> None:
    host = f"Host: 127.0.0.1:{gateway.settings.port}".encode()
    status, _, _ = ask(gateway, b"POST /api/v1/auth/session", host, b"Sec-Fetch-Site: " + site, b"Content-Length: 0")
    assert status == 403


@pytest.mark.parametrize("header", [b"Origin", b"Sec-Fetch-Site", b"Authorization", b"Content-Type", b"Cookie"])
def test_a_header_that_stands_there_twice_is_refused(gateway: Gateway, header: bytes) -> None:
    status, _, body = ask(gateway, b"GET /api/v1/health", b"Host: 127.0.0.1", header + b": a", header + b": b")
    assert (status, b"http_invalid" in body) == (400, True)


@pytest.mark.parametrize("origin", [one for one in EVIL if one.isascii() and one])
def test_a_socket_from_another_origin_is_closed_with_4403(gateway: Gateway, origin: str) -> None:
    url = f"ws://127.0.0.1:{gateway.settings.port}/ws/task_status/{TASK_ID}"
    headers = OWNER | {"Origin": origin_of(gateway, origin)}
    with connect(url, additional_headers=headers) as connection, pytest.raises(ConnectionClosed) as caught:
        connection.recv(timeout=DEADLINE_S)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4403


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        (b"GET /" + b"a" * 2049, []),
        (b"GET /?" + b"a" * 8193, []),
        (b"GET /", [b"X-%d: a" % n for n in range(101)]),
        (b"GET /", [b"X: " + b"a" * 32_769]),
        (b"GET /", [b"Cookie: " + b"a=b; " * 7000]),
    ],
)
def test_a_head_that_is_too_long_is_refused(gateway: Gateway, line: bytes, headers: list[bytes]) -> None:
    status, _, body = ask(gateway, line, b"Host: 127.0.0.1", *headers)
    assert (status, b"head_too_large" in body) == (431, True)


@pytest.mark.parametrize(
    "line",
    [b"GET /", b"GET /nothing.js", b"GET /api/v1/health", b"GET /api/v1/experiments", b"GET /api/v1/x", b"PUT /",
     b"OPTIONS /api/v1/experiments", b"GET /%00"],
)  # fmt: skip
@pytest.mark.parametrize("key", [KEY, b"X: y"])
def test_every_answer_carries_the_security_headers(gateway: Gateway, line: bytes, key: bytes) -> None:
    _, headers, _ = ask(gateway, line, b"Host: 127.0.0.1", key)
    for name, value in SECURITY_HEADERS:
        assert headers[name] == value
    assert b"server" not in headers
    assert not any(name.startswith(b"access-control-") for name in headers)


def test_no_script_runs_that_is_not_a_file_of_ours(gateway: Gateway) -> None:
    policy = ask(gateway, b"GET /", b"Host: 127.0.0.1")[1][b"content-security-policy"].decode()
    directives = {name: values for name, *values in (part.split() for part in policy.split(";"))}
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == ["'self'"]
    assert directives["style-src"] == ["'self'"]
    assert directives["base-uri"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert not {"object-src", "script-src-elem", "script-src-attr"} & {*directives}
    assert "unsafe" not in policy
