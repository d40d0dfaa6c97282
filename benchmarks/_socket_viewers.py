"""The viewers of `api_live.py`: many WebSockets in one process of their own, as cheap as a client can be.

`python _socket_viewers.py PORT TASK_ID KEY SOCKETS EXPECTED`: prints `open` when all are, then one line of JSON when
every one has seen event EXPECTED or nothing came for 30 s, and a last one when the server has closed them all.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop

AT_ONCE = 50
SILENCE_S = 30.0
FRAME = re.compile(rb'"seq":(\d+)')
SENT = re.compile(rb'"sent":([0-9.e+]+)')


@dataclass
class Tally:
    """What all of them saw."""

    expected: int
    delays: list[float] = field(default_factory=list)
    gaps: int = 0
    done: int = 0
    heard_at: float = 0.0
    codes: dict[int, int] = field(default_factory=dict)
    closed_at: float = 0.0


class Viewer(asyncio.Protocol):
    """One socket: it counts numbers and notes delays, and answers pings."""

    def __init__(self, tally: Tally, request: bytes) -> None:
        self._tally = tally
        self._request = request
        self._rest = b""
        self._last = 0
        self._transport: asyncio.Transport | None = None
        self.is_open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own kind is none of asyncio's
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self.is_open.done():
            head, separator, data = data.partition(b"\r\n\r\n")
            if not separator:
                self._rest = head
                return
            if b" 101 " not in head:
                self.is_open.set_exception(RuntimeError(head.decode()))
                return
            self.is_open.set_result(None)
        place, size = 0, len(data)
        while size - place >= 2:
            length, start = data[place + 1] & 0x7F, place + 2
            if length >= 126:
                width = 2 if length == 126 else 8
                if size - start < width:
                    break
                length, start = int.from_bytes(data[start : start + width]), start + width
            if size - start < length:
                break
            self._take(data[place] & 0xF, data[start : start + length])
            place = start + length
        self._rest = data[place:]

    def _take(self, opcode: int, payload: bytes) -> None:
        tally = self._tally
        if opcode == 9 and self._transport is not None:
            self._transport.write(bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload)
        elif opcode == 8:
            code = int.from_bytes(payload[:2])
            tally.codes[code] = tally.codes.get(code, 0) + 1
            tally.closed_at = time.time()
        elif opcode == 1 and b'"type":"heartbeat"' not in payload and (found := FRAME.search(payload)):
            seq, tally.heard_at = int(found[1]), time.time()
            tally.gaps += seq != self._last + 1
            self._last = seq
            if sent := SENT.search(payload):
                tally.delays.append(tally.heard_at - float(sent[1]))
            tally.done += seq == tally.expected


async def main() -> None:
    """Open, listen, report."""
    port, task_id, key, sockets, expected = int(sys.argv[1]), *sys.argv[2:4], *map(int, sys.argv[4:6])
    tally, loop = Tally(expected), asyncio.get_running_loop()
    for start in range(0, sockets, AT_ONCE):
        some = range(start, min(start + AT_ONCE, sockets))
        made = await asyncio.gather(
            *(loop.create_connection(lambda: Viewer(tally, _request(task_id, key)), "127.0.0.1", port) for _ in some)
        )
        await asyncio.gather(*(viewer.is_open for _, viewer in made))
    print("open", flush=True)
    tally.heard_at = time.time()
    while tally.done < sockets and time.time() - tally.heard_at < SILENCE_S:
        await asyncio.sleep(0.05)
    tally.delays.sort()
    count = len(tally.delays) or 1
    delays = tally.delays or [0.0]
    report = {
        "delivered": len(tally.delays),
        "unfinished": sockets - tally.done,
        "gaps": tally.gaps,
        "p50_ms": delays[count // 2] * 1000,
        "p99_ms": delays[min(count - 1, count * 99 // 100)] * 1000,
        "client_cpu_s": time.process_time(),
    }
    print(json.dumps(report), flush=True)
    deadline = time.time() + SILENCE_S
    while sum(tally.codes.values()) < sockets and time.time() < deadline:
        await asyncio.sleep(0.02)
    print(json.dumps({"codes": tally.codes, "closed_at": tally.closed_at}), flush=True)


def _request(task_id: str, key: str) -> bytes:
    token = base64.b64encode(secrets.token_bytes(16)).decode()
    return (
        f"GET /ws/task_status/{task_id}?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {token}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    ).encode()


if __name__ == "__main__":
    uvloop.run(main())
