# ruff: noqa: E501 - tables of addresses
"""Fetches reach public hosts over TLS and nothing else; the server here is allowed by the test's own policy alone."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from azuraforge_learner.data import FetchRefused
from azuraforge_learner.data.safe_fetch import FetchPolicy, fetch, is_public

TLS = Path(__file__).parents[4] / "tests" / "lab" / "tls"
LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Handler(BaseHTTPRequestHandler):
    """Answers by path; notes what it was sent."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]]
    gate: threading.Event

    def do_GET(self) -> None:
        self.seen.append(dict(self.headers))
        answers: dict[str, Callable[[], None]] = {
            "/data.csv": lambda: self.say(b"date,close\n"),
            "/packed": lambda: self.say(gzip.compress(b"x" * 1000), {"Content-Encoding": "gzip"}),
            "/bomb": lambda: self.say(gzip.compress(bytes(30_000_000)), {"Content-Encoding": "gzip"}),
            "/brotli": lambda: self.say(b"x", {"Content-Encoding": "br"}),
            "/large": lambda: self.say(b"x" * 200_000),
            "/short": lambda: self.say(b"x", {"Content-Length": "10"}),
            "/missing": lambda: self.say(b"secret words", status=404),
            "/loop": lambda: self.say(b"", {"Location": "/loop"}, status=302),
            "/moved": lambda: self.say(b"", {"Location": "/data.csv"}, status=301),
            "/inside": lambda: self.say(b"", {"Location": "https://inside.example.org/"}, status=302),
            "/metadata": lambda: self.say(b"", {"Location": "http://169.254.169.254/latest/"}, status=302),
            "/file": lambda: self.say(b"", {"Location": "file:///etc/passwd"}, status=302),
            "/slow": self.dribble,
        }
        answers[self.path]()

    def say(self, body: bytes, headers: dict[str, str] | None = None, *, status: int = 200) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body)), "Content-Type": "text/csv"} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def dribble(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        self.wfile.flush()
        self.gate.wait(60)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    """A server with the certificate of *.example.org on a port of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "guards-nothing.pem", TLS / "guards-nothing.key")
    Handler.seen, Handler.gate = [], threading.Event()
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.socket = context.wrap_socket(running.socket, server_side=True)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    Handler.gate.set()
    running.shutdown()


@pytest.fixture
def policy(server: ThreadingHTTPServer) -> FetchPolicy:
    """`data.example.org` is the server, `inside.example.org` a private address; only the server's is allowed."""
    addresses = {"data.example.org": ["127.0.0.1"], "inside.example.org": ["10.0.0.1"]}
    return FetchPolicy(
        max_bytes=100_000,
        ports=frozenset({server.server_port, 443}),
        resolve=lambda host, port: addresses[host],
        is_allowed=lambda address: address == LOOPBACK,
        context=ssl.create_default_context(cafile=str(TLS / "guards-nothing.pem")),
    )


def url(server: ThreadingHTTPServer, path: str, *, host: str = "data.example.org") -> str:
    return f"https://{host}:{server.server_port}{path}"


def test_content_comes_from_the_checked_address_under_the_name(server: Any, policy: FetchPolicy) -> None:
    found = fetch(url(server, "/data.csv"), policy=policy)
    assert (found.content, found.media_type) == (b"date,close\n", "text/csv")
    sent = server.RequestHandlerClass.seen[-1]
    assert sent["Host"] == f"data.example.org:{server.server_port}"
    assert not {"Cookie", "Authorization", "Referer"} & {*sent}
    assert fetch(url(server, "/packed"), policy=policy).content == b"x" * 1000
    assert fetch(url(server, "/moved"), policy=policy).url == url(server, "/data.csv")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/bomb", "archive_too_large"), ("/brotli", "fetch_encoding"), ("/large", "fetch_too_large"),
        ("/short", "fetch_failed"), ("/missing", "fetch_status"), ("/loop", "fetch_redirects"),
        ("/inside", "fetch_host"), ("/metadata", "fetch_scheme"), ("/file", "fetch_scheme"),
    ],
)  # fmt: skip
def test_an_answer_that_is_too_much_or_leads_elsewhere_is_refused(
    server: Any, policy: FetchPolicy, path: str, code: str
) -> None:
    with pytest.raises(FetchRefused) as caught:
        fetch(url(server, path), policy=policy)
    assert caught.value.code == code
    assert "secret words" not in str(caught.value)


def test_a_host_that_dribbles_is_cut_off(server: Any, policy: FetchPolicy) -> None:
    with pytest.raises(FetchRefused, match=r"longer than 0\.2 s"):
        fetch(url(server, "/slow"), policy=replace(policy, seconds=0.2))


def test_a_body_that_takes_too_long_is_refused(server: Any, policy: FetchPolicy) -> None:
    moments = iter([0.0, 0.0, 99.0, 99.0])
    with pytest.raises(FetchRefused, match="longer than 30 s"):
        fetch(url(server, "/data.csv"), policy=policy, clock=lambda: next(moments))


def test_another_names_certificate_is_refused(server: Any, policy: FetchPolicy) -> None:
    wrong = replace(policy, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(FetchRefused, match="could not be asked"):
        fetch(url(server, "/data.csv", host="data.example.net"), policy=wrong)
    with pytest.raises(FetchRefused, match="could not be asked"):
        fetch(url(server, "/data.csv"), policy=replace(policy, context=None))  # an unknown authority


@pytest.mark.parametrize(
    "address",
    [
        "http://data.example.org/", "ftp://data.example.org/", "file:///etc/passwd", "//data.example.org/", "", "https://",
        "https://user:key@data.example.org/", "https://data.example.org:22/", "https://data.example.org:99999/",
        "https://localhost/", "https://[::1]/", "https://2130706433/", "https://data.example.org\\@evil.example/",
        "https://data.example.org/\r\nX: y", "https://dätä.example.org/", "https://data.example.org/ x", "https://a" + "b" * 2000,
        "https://-data.example.org/", "https://data..example.org/", "gopher://data.example.org/", "HTTPS:///x",
    ],
)  # fmt: skip
def test_what_is_no_public_https_address_is_not_asked(policy: FetchPolicy, address: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("it was looked up")

    with pytest.raises(FetchRefused):
        fetch(address, policy=replace(policy, ports=frozenset({443}), resolve=never))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
        "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001:db8::1", "2001::1", "2002:7f00:1::",
        "2002:808:808::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "5f00::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_everybodys_is_not_connected_to(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    mixed = FetchPolicy(resolve=lambda host, port: ["8.8.8.8", address])  # one that is public does not excuse the other
    with pytest.raises(FetchRefused, match="no public host"):
        fetch("https://rebinding.example.org/", policy=mixed)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:81b::200e"])
def test_everybodys_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_name_is_looked_up_once(server: Any, policy: FetchPolicy) -> None:
    asked: list[str] = []

    def rebind(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    assert fetch(url(server, "/data.csv"), policy=replace(policy, resolve=rebind)).content
    assert asked == ["data.example.org"]


def test_a_name_that_nobody_knows_is_refused(policy: FetchPolicy) -> None:
    def fail(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    with pytest.raises(FetchRefused, match="not known"):
        fetch("https://nowhere.example.org/", policy=replace(policy, resolve=fail))
