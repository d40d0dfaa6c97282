"""No client holds a connection by drawing out what it sends or leaving unread what it gets."""

import json
import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from gateway_fakes import DEADLINE_S, OWNER_KEY, Gateway, run_gateway, wait_until

from azuraforge_api import bodies
from azuraforge_api.edge.guarded_http import HttpLimits, guarded_http

LIMITS = HttpLimits(head_s=0.3, write_s=0.3, head_bytes=32 * 1024)
HEAD = b"Host: 127.0.0.1\r\nAuthorization: Bearer " + OWNER_KEY.encode() + b"\r\n"


@pytest.fixture(scope="module")
def hasty(clean_redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose patience is short."""
    folder = tmp_path_factory.mktemp("hasty")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=clean_redis, folder=folder, limits=LIMITS) as running:
        yield running


def dial(gateway: Gateway) -> socket.socket:
    return socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=DEADLINE_S)


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while chunk := connection.recv(65536):
            answer += chunk
    except ConnectionResetError:
        pass
    return answer


def problem_of(answer: bytes, *, status: int) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert lines[0].startswith(f"http/1.1 {status} ".encode()), answer[:200]
    assert {b"content-type: application/problem+json", b"connection: close", b"x-content-type-options: nosniff"} <= {
        *lines
    }
    return str(json.loads(body)["code"])


def dribble(connection: socket.socket, *, start: bytes, drop: bytes) -> bytes:
    """Send a byte now and then until the server has had enough; what it said."""
    connection.sendall(start)
    connection.settimeout(0.02)
    answer = b""
    for _ in range(3000):
        try:
            connection.sendall(drop)
            chunk = connection.recv(65536)
            if not chunk:
                return answer
            answer += chunk
        except TimeoutError:
            continue
        except OSError:
            return answer
    raise AssertionError("the server listened for ever")


def test_a_head_that_dribbles_is_ended_with_408(hasty: Gateway) -> None:
    with dial(hasty) as connection:
        answer = dribble(connection, start=b"GET / HTTP/1.1\r\nX-Slow: ", drop=b"x")
    assert problem_of(answer, status=408) == "request_timeout"


@pytest.mark.parametrize("start", [b"", b"\r\n"])
def test_a_connection_that_says_nothing_is_closed(hasty: Gateway, start: bytes) -> None:
    with dial(hasty) as connection:
        connection.sendall(start)
        assert read_all(connection) == b""


def test_bytes_after_an_answer_do_not_keep_a_connection(hasty: Gateway) -> None:
    request = b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n"
    with dial(hasty) as connection:
        assert dribble(connection, start=request, drop=b"x").startswith(b"HTTP/1.1 200")


def send_head(connection: socket.socket, line: bytes, *, count: int) -> None:
    connection.sendall(b"GET / HTTP/1.1\r\n" + line)
    for _ in range(count // 1000):
        connection.sendall(line * 1000)


@pytest.mark.parametrize("line", [b"X-Long: ", b"A: b\r\n"])
def test_a_head_without_end_is_ended_with_431(hasty: Gateway, line: bytes) -> None:
    with dial(hasty) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + line * (33 * 1024 // len(line)) + line)
        assert problem_of(read_all(connection), status=431) == "head_too_large"
    with dial(hasty) as connection, pytest.raises((ConnectionResetError, BrokenPipeError)):
        send_head(connection, line, count=100_000_000)


def test_what_is_no_http_gets_a_problem(hasty: Gateway) -> None:
    with dial(hasty) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert problem_of(read_all(connection), status=400) == "http_invalid"


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 10\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"\r\n"[:0]]
)
def test_a_body_that_dribbles_is_ended_with_408(
    hasty: Gateway, monkeypatch: pytest.MonkeyPatch, framing: bytes
) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.1)
    framing = framing or b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n"
    with dial(hasty) as connection:
        connection.sendall(
            b"POST /api/v1/experiments HTTP/1.1\r\n" + HEAD + b"Content-Type: application/json\r\n" + framing
        )
        answer = read_all(connection).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert problem_of(answer, status=408) == "request_timeout"


def test_a_reader_that_stops_reading_is_left(hasty: Gateway, tmp_path: Path) -> None:
    static = hasty.app.state.dashboard._root / "assets"
    static.mkdir(parents=True, exist_ok=True)
    (static / "big.js").write_bytes(b"x" * 40_000_000)  # more than both kernels' buffers hold
    with dial(hasty) as connection:
        hasty.app.state.dashboard._read_at = float("-inf")
        connection.sendall(b"GET /assets/big.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        wait_until(lambda: has_left(connection))
        assert len(read_all(connection)) < 40_000_000


def has_left(connection: socket.socket) -> bool:
    """Whether the other side has given the connection up, seen without reading from it."""
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1  # 1: established


def test_one_address_has_a_bounded_number_of_connections() -> None:
    factory = guarded_http(HttpLimits(per_client=2))
    census = factory.keywords["census"]  # type: ignore[attr-defined]
    names = [census.enter("2001:db8::1"), census.enter("2001:db8::2")]
    assert not census.is_over(names[0])
    names.append(census.enter("2001:db8::3"))  # one customer's network counts as one client
    assert census.is_over(names[0])
    assert not census.is_over(census.enter("203.0.113.7"))
    for name in names:
        census.leave(name)
    assert census.open == {"203.0.113.7": 1}


def test_loopback_and_trusted_proxies_are_not_counted() -> None:
    census = guarded_http(HttpLimits(), trusted=[ip_network("10.0.0.0/8")]).keywords["census"]  # type: ignore[attr-defined]
    assert [census.enter(peer) for peer in ("127.0.0.1", "::1", "10.9.9.9", "")] == ["", "", "", ""]
