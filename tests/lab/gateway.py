"""A real gateway in front of a house: start it, kill it, start it again on the same ledger."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from worker_house import LAB, House

from azuraforge_client import Client, ClientError


@dataclass
class Gateway:
    """One address and key; at most one process behind it at a time."""

    house: House
    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    environ: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a gateway and return when it is ready."""
        environ = {
            **os.environ,
            **self.house.lab_environ(),
            "AZURAFORGE_DATABASE_URL": self.house.database_url,
            "AZURAFORGE_REDIS_URL": self.house.redis_url,
            "AZURAFORGE_ARTIFACTS": str(self.house.folder / "artifacts"),
            "AZURAFORGE_HOME": str(self.house.folder),
            "AZURAFORGE_OWNER_KEY": self.key,
            "AZURAFORGE_PORT": str(self.port),
            **self.environ,
        }
        with (self.house.folder / "api.log").open("ab") as log:
            command = [sys.executable, str(LAB / "quick_gateway.py")]
            self.process = subprocess.Popen(command, env=environ, stdout=log, stderr=subprocess.STDOUT)
        self.house.wait(self._is_ready, what="the gateway is ready")

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def client(self) -> Client:
        """A client that signs its requests with the owner's key."""
        return Client(f"http://127.0.0.1:{self.port}", key=self.key)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.house.folder / "api.log").read_text(encoding="utf-8")[-2000:]
        with self.client() as client:
            try:
                return client.ready().status == "ok"
            except ClientError:
                return False


@contextlib.contextmanager
def open_gateway(house: House, **environ: str) -> Iterator[Gateway]:
    """A gateway that runs until the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gateway = Gateway(house, port, environ=environ)
    gateway.start()
    try:
        yield gateway
    finally:
        if gateway.process is not None:
            gateway.process.terminate()
            gateway.process.wait(20)
