"""How many viewers one API process serves: N sockets on one experiment, R events per second through real Valkey.

Prints delivered share, gaps, p50/p99 delay from before the commit to receipt, and memory per socket. Sockets are read
in this process, which shares the two cores with the server: the delay is the sum of both.

    python benchmarks/api_live.py [sockets=1000] [events per second=10] [seconds=10]
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import redis.asyncio

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from live_servers import valkey_server

from azuraforge_contracts import EpochFinished, EventType, ReadyReport
from azuraforge_contracts.names import progress_channel
from azuraforge_ledger import Ledger, NewExperiment, open_ledger


def rss_bytes(pid: int) -> int:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


async def open_viewer(port: int, task_id: str, key: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """One accepted WebSocket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    token = base64.b64encode(secrets.token_bytes(16)).decode()
    writer.write(
        f"GET /ws/task_status/{task_id}?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {token}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {key}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head:
        raise RuntimeError(head.decode())
    return reader, writer


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Opcode and payload of one unmasked frame."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2))
    elif size == 127:
        size = int.from_bytes(await reader.readexactly(8))
    return first & 0xF, await reader.readexactly(size)


async def view(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, expected: int, delays: list[float]
) -> int:
    """Read until event `expected`; returns how many numbers were missing or out of order."""
    last, gaps = 0, 0
    while last < expected:
        opcode, payload = await read_frame(reader)
        if opcode == 9:
            writer.write(bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload)
        if opcode != 1 or b'"seq":' not in payload:
            continue
        frame = json.loads(payload)
        if frame["type"] == "heartbeat":
            continue
        gaps += frame["seq"] != last + 1
        last = frame["seq"]
        if frame["type"] == "epoch":
            delays.append(time.time() - frame["data"]["metrics"]["sent"])
    return gaps


async def measure(
    *, ledger: Ledger, port: int, task_id: str, key: str, url: str, sockets: int, rate: int, seconds: int, pid: int
) -> dict[str, float]:
    """Open the sockets, publish, and compare what arrived."""
    before = rss_bytes(pid)
    opened = []
    for _ in range(0, sockets, 50):
        opened += await asyncio.gather(
            *(open_viewer(port, task_id, key) for _ in range(min(50, sockets - len(opened))))
        )
    await asyncio.sleep(1)
    per_socket = (rss_bytes(pid) - before) / sockets
    delays: list[float] = []
    total = 3 + rate * seconds
    viewing = [asyncio.create_task(view(reader, writer, expected=total, delays=delays)) for reader, writer in opened]
    client = redis.asyncio.Redis.from_url(url)
    began = time.time()
    for number in range(rate * seconds):
        await asyncio.sleep(max(0.0, began + number / rate - time.time()))
        data = EpochFinished(epoch=number + 1, epochs=10_000, metrics={"sent": time.time()})
        event = await asyncio.to_thread(ledger.events.append, task_id, attempt=1, type=EventType.EPOCH, data=data)
        await client.publish(progress_channel(task_id), event.model_dump_json())
    done, late = await asyncio.wait(viewing, timeout=30)
    for _, writer in opened:
        writer.close()
    delays.sort()
    return {
        "delivered": len(delays) / (sockets * rate * seconds),
        "unfinished": len(late),
        "gaps": sum(task.result() for task in done),
        "p50_ms": delays[len(delays) // 2] * 1000,
        "p99_ms": delays[len(delays) * 99 // 100] * 1000,
        "kb_per_socket": per_socket / 1024,
    }


def main() -> None:
    """Start Valkey and one API process, measure, print."""
    given = [int(text) for text in sys.argv[1:4]]
    sockets, rate, seconds = [*given, *(1000, 10, 10)[len(given) :]]
    key = "benchmark-key-0123456789abcdef"
    with tempfile.TemporaryDirectory() as folder, valkey_server() as url, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        database = f"sqlite:///{folder}/ledger.sqlite3"
        environ = {
            "AZURAFORGE_HOME": folder,
            "AZURAFORGE_REDIS_URL": url,
            "AZURAFORGE_DATABASE_URL": database,
            "AZURAFORGE_OWNER_KEY": key,
            "AZURAFORGE_PORT": str(port),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "azuraforge_api"], env={**os.environ, **environ}, stderr=subprocess.DEVNULL
        )
        try:
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/api/v1/health", verify=False)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            ledger = open_ledger(database)
            new = NewExperiment("toy", "1", "bench", {}, "0" * 64)
            task_id = ledger.experiments.submit(new).experiment.task_id
            ledger.leases.claim(task_id, worker_id="benchmark")
            ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu"))
            found = asyncio.run(
                measure(
                    ledger=ledger, port=port, task_id=task_id, key=key, url=url, sockets=sockets, rate=rate,
                    seconds=seconds, pid=process.pid,
                )
            )  # fmt: skip
            ledger.close()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)
    for name, value in found.items():
        print(f"{name:>14} {value:10.2f}")
    print(
        json.dumps(
            {
                "benchmark": "api_live",
                "sockets": sockets,
                "events_per_s": rate,
                "value": round(found["p99_ms"], 1),
                "unit": "ms p99",
                **{name: round(value, 3) for name, value in found.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
