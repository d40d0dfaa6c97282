"""A gateway as it is started: its log, its environment and its answers hold none of the secrets that it was given."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from gateway_fakes import wait_until

KEY = "hunter2-owner-key-0123456789-0123456789"


@dataclass
class Running:
    """A process, its address and its log."""

    pid: int
    url: str
    log: Path


@pytest.fixture(scope="module")
def api(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway of its own process, told every secret through its environment."""
    folder = tmp_path_factory.mktemp("process")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        **os.environ,
        "AZURAFORGE_HOME": str(folder),
        "AZURAFORGE_REDIS_URL": valkey_url,
        "AZURAFORGE_DATABASE_URL": f"sqlite:///{folder}/hunter2-ledger.sqlite3",
        "AZURAFORGE_OWNER_KEY": KEY,
        "AZURAFORGE_PORT": str(port),
        "AZURAFORGE_LOG_FORMAT": "json",
    }
    log = folder / "api.log"
    with log.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "-m", "azuraforge_api"], env=environ, stdout=sink, stderr=sink)
    running = Running(process.pid, f"http://127.0.0.1:{port}", log)
    try:
        wait_until(lambda: _is_ready(running.url))
        yield running
    finally:
        process.terminate()
        process.wait(20)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/ready").status_code == 200
    except httpx.HTTPError:
        return False


def test_no_secret_and_no_forged_line_is_in_the_log(api: Running) -> None:
    tokens = {"token": "hunter2-query", "password": "hunter2-query"}
    for headers in (
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": "Bearer hunter2-wrong"},
        {"Cookie": "a=hunter2"},
    ):
        for path in (
            "/api/v1/experiments",
            "/api/v1/nothing",
            "/sign-in",
            "/api/v1/x%0d%0a%7b%22level%22:%22forged%22%7d",
        ):
            httpx.get(f"{api.url}{path}", params=tokens, headers=headers)
        httpx.post(
            f"{api.url}/api/v1/auth/session", json={"token": "hunter2-link", "password": "hunter2"}, headers=headers
        )
    wait_until(lambda: api.log.read_text().count("auth/session") >= 3)
    lines = [json.loads(line) for line in api.log.read_text().splitlines()]
    assert len(lines) > 15
    assert "hunter2" not in api.log.read_text()
    assert {line["level"] for line in lines} <= {"info", "warning"}
    assert {line["service"] for line in lines} == {"api"}


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_environment_that_it_was_started_with_is_wiped(api: Running) -> None:
    if os.geteuid() == 0:  # only root may look
        environ = Path(f"/proc/{api.pid}/environ").read_bytes()
        assert b"AZURAFORGE_HOME" in environ
        assert b"hunter2" not in environ
    else:
        with pytest.raises(PermissionError):
            Path(f"/proc/{api.pid}/environ").read_bytes()


def test_a_network_address_is_refused_in_one_sentence() -> None:
    environ = {**os.environ, "AZURAFORGE_OWNER_KEY": KEY, "AZURAFORGE_HOST": "0.0.0.0"}
    done = subprocess.run(
        [sys.executable, "-m", "azuraforge_api"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "AZURAFORGE_TLS_CERT" in done.stderr
    assert "AZURAFORGE_TRUSTED_PROXIES" in done.stderr
