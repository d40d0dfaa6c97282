"""uvicorn's HTTP protocol with an end to everything that a client could draw out: heads, idle lines, slow readers.

uvicorn itself waits for ever for the first byte and for the end of a head, lets a head grow without limit, and writes
to a client that reads nothing until the machine gives up. What is refused here never reaches the application.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from azuraforge_api.edge.client_address import network_of
from azuraforge_api.edge.headers import with_security
from azuraforge_api.problems import problem_response
from azuraforge_api.settings import Network
from azuraforge_contracts import ErrorCode, new_id

access_log = logging.getLogger("azuraforge_api.access")

MAX_HEAD_BYTES: Final = 32 * 1024


@dataclass(frozen=True)
class HttpLimits:
    """What one connection may take; times are in seconds."""

    head_s: float = 15.0
    """From the opening of a connection, or the first byte after an answer, to the end of the head."""
    write_s: float = 60.0
    """How long a client may leave everything unread."""
    head_bytes: int = MAX_HEAD_BYTES
    per_client: int = 512
    """Connections of one address at a time; sockets and trusted proxies are not counted."""


@dataclass
class _Census:
    """How many connections each client has open in this process."""

    limits: HttpLimits
    trusted: Sequence[Network]
    open: Counter[str] = field(default_factory=Counter)

    def enter(self, peer: str) -> str:
        """The name under which a connection is counted; "" where it is not."""
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return ""
        if address.is_loopback or any(address in network for network in self.trusted):
            return ""
        name = network_of(peer)
        self.open[name] += 1
        return name

    def is_over(self, name: str) -> bool:
        """Whether the client has more connections open than it may."""
        return self.open[name] > self.limits.per_client

    def leave(self, name: str) -> None:
        """A connection is closed."""
        if name:
            self.open[name] -= 1
            if not self.open[name]:
                del self.open[name]


def guarded_http(limits: HttpLimits, *, trusted: Sequence[Network] = ()) -> Callable[..., asyncio.Protocol]:
    """What uvicorn's `http` setting takes: makes one protocol per connection."""
    return partial(GuardedHttp, census=_Census(limits, trusted))


class GuardedHttp(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, census: _Census, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._census = census
        self._name = ""
        self._is_in_head = True
        self._has_begun = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection and give its first head a deadline."""
        super().connection_made(transport)
        self._name = self._census.enter(self.client[0]) if self.client else ""
        if self._name and self._census.is_over(self._name):
            self._refuse(ErrorCode.TOO_MANY_REQUESTS, "This address has too many connections open.")
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything about it."""
        self._end_timers()
        self._leave_census()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, then look at what a head may be and how long it may take."""
        is_all_head = not self._is_answering()
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._is_in_head and is_all_head:  # else the chunk began with the rest of an earlier request
            self._head_bytes += len(data)
            if self._head_bytes > self._census.limits.head_bytes:
                self._refuse(ErrorCode.HEAD_TOO_LARGE, "The head of the request is too long.")
                return
        if self._head_timer is None and not self._is_answering():
            self._await_head()

    def on_message_begin(self) -> None:
        """A request's first byte is here."""
        super().on_message_begin()
        self._is_in_head, self._has_begun = True, True

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._is_in_head, self._has_begun, self._head_bytes = False, False, 0
        self._end_head_timer()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """From here on another protocol has the connection."""
        self._end_timers()
        self._leave_census()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """What no parser understands."""
        del msg
        self._refuse(ErrorCode.HTTP_INVALID, "This is not an HTTP request that can be read.")

    def pause_writing(self) -> None:
        """The client reads more slowly than we write: it has to go on before the deadline."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self._census.limits.write_s, self._give_up_writing)

    def resume_writing(self) -> None:
        """It reads."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._census.limits.head_s, self._give_up_head)

    def _give_up_head(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self._has_begun:
            self._refuse(ErrorCode.REQUEST_TIMEOUT, "The head of the request took too long to arrive.")
        else:
            self.transport.close()

    def _give_up_writing(self) -> None:
        self._write_timer = None
        access_log.warning("a client stopped reading and was left")
        connection = self.transport.get_extra_info("socket")
        if connection is not None:  # a reset: else the kernel would keep offering what nobody reads
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _refuse(self, code: ErrorCode, detail: str) -> None:
        """Answer with a problem and close. Nothing else of this connection is being answered."""
        self._end_timers()
        request_id = new_id()
        answer = problem_response(code, detail, request_id=request_id, headers={"Connection": "close"})
        given = [*answer.raw_headers, (b"x-request-id", request_id.encode())]
        headers = with_security(given, path="/api/", is_https=False)
        lines = [f"HTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}".encode()]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()
        access_log.info("- - %d - %s %s", answer.status_code, request_id, code.value)

    def _leave_census(self) -> None:
        self._census.leave(self._name)
        self._name = ""

    def _end_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end_timers(self) -> None:
        self._end_head_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
