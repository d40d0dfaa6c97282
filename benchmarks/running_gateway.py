"""One API process on a ledger and a Valkey of its own, for as long as a `with` block."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class RunningGateway:
    """Where it answers, and to whom."""

    url: str
    port: int
    key: str
    pid: int
    log: Path

    def cpu_s(self) -> float:
        """User and system time that the process has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Its resident memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")


@contextlib.contextmanager
def running_gateway(folder: Path, *, database_url: str, redis_url: str) -> Iterator[RunningGateway]:
    """Start it, yield when it answers, stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    key = "benchmark-key-0123456789abcdef"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AZURAFORGE_")} | {
        "AZURAFORGE_HOME": str(folder),
        "AZURAFORGE_REDIS_URL": redis_url,
        "AZURAFORGE_DATABASE_URL": database_url,
        "AZURAFORGE_OWNER_KEY": key,
        "AZURAFORGE_PORT": str(port),
    }
    log = folder / "gateway.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "azuraforge_api"], env=environ, stderr=out, stdout=out)
    try:
        _await_answer(process, port=port, log=log)
        yield RunningGateway(f"http://127.0.0.1:{port}", port, key, process.pid, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _await_answer(process: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the API did not start: {log.read_text()[-2000:]}")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/api/v1/health", trust_env=False)
            return
        time.sleep(0.1)
