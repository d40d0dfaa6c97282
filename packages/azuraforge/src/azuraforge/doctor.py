"""What can be wrong with an installation, looked at one by one; nothing is changed.

What only the ledger and the engine can answer is asked of child processes: this command imports neither.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from azuraforge import readiness
from azuraforge.broker import BrokerSilent, ping_broker, show_url
from azuraforge.errors import CommandError
from azuraforge.home import LEAST_FREE_BYTES, Home, find_server
from azuraforge.listening import check_listening, find_certificate, find_public_url
from azuraforge.locales import Texts
from azuraforge.up import choose_port
from azuraforge.valkey import find_binary

SQLITE_WITH_REPAIR = (3, 51, 3)
"""Before it, resetting the write-ahead log is reported to be able to damage a database."""
PROBE_TIMEOUT_S = 60.0
PACKAGES = ("azuraforge", "azuraforge-api", "azuraforge-worker", "celery", "redis", "sqlalchemy", "uvicorn", "numpy")

DATABASE_PROBE = """
import sys
from azuraforge_ledger import open_ledger
ledger = open_ledger(sys.stdin.readline().strip())
ledger.ping()
ledger.check_schema()
"""
DEVICE_PROBE = """
import os
from azuraforge_core import choose_device
choice = choose_device(os.environ)
print(f"{choice.device}: {choice.reason}")
"""
KERNELS_PROBE = """
import os
from azuraforge_core.kernels.report import describe_kernels
report = describe_kernels(os.environ)
print("fallback" if report.is_fallback else "good", report.text)
"""
WALLS_PROBE = """
from azuraforge_worker.walls import missing_walls
print("; ".join(missing_walls()))
"""
SECRET_FILES = (
    "AZURAFORGE_TLS_KEY",
    *(f"AZURAFORGE_{name}_FILE" for name in ("DATABASE_URL", "KEY", "OWNER_KEY", "REDIS_URL")),
)


class Level(StrEnum):
    """How bad a finding is; only a problem makes the command fail."""

    GOOD = "good"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is examined."""

    home: Home
    environ: Mapping[str, str]
    host: str
    port: int
    texts: Texts


def examine(patient: Patient) -> list[Finding]:
    """Everything, in the order in which a start would meet it."""
    checks: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
        _look_at_versions,
        _look_at_folder,
        _look_at_disk,
        _look_at_dashboard,
        _look_at_server,
        _look_at_port,
        _look_at_broker,
        _look_at_database,
        _look_at_device,
        _look_at_kernels,
        _look_at_walls,
        _look_at_secret_files,
    )
    return [finding for check in checks for finding in check(patient)]


def _look_at_versions(patient: Patient) -> Iterator[Finding]:
    yield Finding("python", Level.GOOD, f"{sys.version.split()[0]} ({sys.executable})")
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    yield Finding("versions", Level.GOOD, ", ".join(found))
    if missing:
        text = patient.texts("packages_missing", names=", ".join(missing))
        yield Finding("versions", Level.PROBLEM, text, patient.texts("packages_missing_remedy"))
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= SQLITE_WITH_REPAIR or _database_url(patient) is not None:
        yield Finding("sqlite", Level.GOOD, version)
    else:
        yield Finding(
            "sqlite", Level.WARNING, patient.texts("sqlite_old", version=version), patient.texts("sqlite_old_remedy")
        )


def _look_at_folder(patient: Patient) -> Iterator[Finding]:
    root = patient.home.root
    if not root.exists():
        above = next(folder for folder in root.parents if folder.exists())
        if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
            yield Finding("folder", Level.GOOD, patient.texts("folder_not_yet", home=root))
            return
        text = patient.texts("home_unwritable", home=root, reason=patient.texts("folder_above", folder=above))
        yield Finding("folder", Level.PROBLEM, text, patient.texts("home_unwritable_remedy"))
        return
    if not root.is_dir() or not os.access(root, os.W_OK | os.X_OK):
        text = patient.texts("home_unwritable", home=root, reason=patient.texts("no_permission"))
        yield Finding("folder", Level.PROBLEM, text, patient.texts("home_unwritable_remedy"))
        return
    yield Finding("folder", Level.GOOD, str(root))
    private = (patient.home.owner_key.parent, patient.home.owner_key, patient.home.valkey)
    for path in private:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            text = patient.texts("folder_open", path=path, mode=f"{stat.S_IMODE(path.stat().st_mode):04o}")
            yield Finding("folder", Level.PROBLEM, text, f"chmod go= {path}")


def _look_at_disk(patient: Patient) -> Iterator[Finding]:
    folder = next(one for one in (patient.home.root, *patient.home.root.parents) if one.exists())
    free = shutil.disk_usage(folder).free
    if free >= LEAST_FREE_BYTES:
        yield Finding("disk", Level.GOOD, patient.texts("disk_free", free=f"{free / 1024**3:.1f}"))
        return
    values = {"home": folder, "free": free // 1024**2, "least": LEAST_FREE_BYTES // 1024**2}
    yield Finding("disk", Level.PROBLEM, patient.texts("disk_full", **values), patient.texts("disk_full_remedy"))


def _look_at_dashboard(patient: Patient) -> Iterator[Finding]:
    spec = importlib.util.find_spec("azuraforge_api")
    index = Path(spec.origin).parent / "static" / "index.html" if spec is not None and spec.origin else None
    if index is not None and index.is_file():
        yield Finding("dashboard", Level.GOOD, str(index.parent))
        return
    yield Finding("dashboard", Level.WARNING, patient.texts("dashboard_missing"), patient.texts("dashboard_remedy"))


def _look_at_server(patient: Patient) -> Iterator[Finding]:
    note = find_server(patient.home)
    if note is None:
        yield Finding("server", Level.GOOD, patient.texts("server_down"))
    elif not note.is_alive:
        text = patient.texts("server_stale", path=patient.home.server, pid=note.pid)
        yield Finding("server", Level.WARNING, text, patient.texts("server_stale_remedy", path=patient.home.server))
    elif readiness.is_api_ready(note.url, certificate=find_certificate(patient.environ)):
        yield Finding("server", Level.GOOD, patient.texts("server_up", url=note.url, pid=note.pid))
    else:
        text = patient.texts("not_serving", url=note.url)
        log = patient.home.logs / "api.log"
        yield Finding("server", Level.PROBLEM, text, patient.texts("service_failed_remedy", log=log))


def _look_at_port(patient: Patient) -> Iterator[Finding]:
    is_https = find_certificate(patient.environ) is not None
    public = find_public_url(patient.environ) if is_https else None
    url = public or readiness.address(patient.host, port=patient.port, is_https=is_https)
    note = find_server(patient.home)
    if note is not None and note.is_alive and note.url == url:
        yield Finding("port", Level.GOOD, patient.texts("port_ours", port=patient.port))
        return
    try:
        check_listening(patient.host, environ=patient.environ, texts=patient.texts)
        choose_port(patient.host, port=patient.port, texts=patient.texts)
    except CommandError as error:
        yield Finding("port", Level.PROBLEM, error.message, error.remedy)
    else:
        yield Finding("port", Level.GOOD, patient.texts("port_free", host=patient.host, port=patient.port))


def _look_at_broker(patient: Patient) -> Iterator[Finding]:
    named = readiness.find_setting(patient.environ, "REDIS_URL")
    if named is not None:
        yield _ping(patient, named, remedy=patient.texts("broker_unreachable_remedy"))
        return
    try:
        binary = find_binary(patient.environ, texts=patient.texts)
    except CommandError as error:
        yield Finding("broker", Level.PROBLEM, error.message, error.remedy)
        return
    said = _run([str(binary), "--version"])
    level = Level.GOOD if said.returncode == 0 else Level.PROBLEM
    yield Finding("broker", level, f"{_name_server(said.stdout) or _last_words(said)} ({binary})")
    note, path = find_server(patient.home), patient.home.valkey / "valkey.sock"
    if note is not None and note.is_alive and path.exists():
        remedy = patient.texts("service_failed_remedy", log=patient.home.logs / "valkey.log")
        yield _ping(patient, f"unix://{path}", remedy=remedy)


def _name_server(said: str) -> str:
    """`Valkey server v=9.1.2 sha=… bits=64 …` in the words that matter."""
    found = re.match(r"(\w+) server v=(\S+)", said)
    return f"{found[1]} {found[2]}" if found else said.strip()


def _ping(patient: Patient, url: str, *, remedy: str) -> Finding:
    try:
        ping_broker(url)
    except BrokerSilent as silent:
        return Finding("broker", Level.PROBLEM, patient.texts("broker_unreachable", reason=silent), remedy)
    return Finding("broker", Level.GOOD, patient.texts("broker_answers", url=show_url(url)))


def _look_at_database(patient: Patient) -> Iterator[Finding]:
    url = _database_url(patient)
    if url is None and not patient.home.ledger.exists():
        yield Finding("database", Level.GOOD, patient.texts("database_not_yet", path=patient.home.ledger))
        return
    said = _run([sys.executable, "-c", DATABASE_PROBE], stdin=url or f"sqlite:///{patient.home.ledger}")
    name = "AZURAFORGE_DATABASE_URL" if url else str(patient.home.ledger)
    if said.returncode == 0:
        yield Finding("database", Level.GOOD, patient.texts("database_answers", name=name))
        return
    text = patient.texts("database_silent", name=name, reason=_last_words(said))
    yield Finding("database", Level.PROBLEM, text, patient.texts("database_remedy"))


def _database_url(patient: Patient) -> str | None:
    return readiness.find_setting(patient.environ, "DATABASE_URL")


def _look_at_device(patient: Patient) -> Iterator[Finding]:
    said = _run([sys.executable, "-c", DEVICE_PROBE])
    if said.returncode == 0:
        yield Finding("device", Level.GOOD, said.stdout.strip())
    else:
        yield Finding("device", Level.PROBLEM, _last_words(said), patient.texts("device_remedy"))


def _look_at_kernels(patient: Patient) -> Iterator[Finding]:
    said = _run([sys.executable, "-c", KERNELS_PROBE])
    remedy = patient.texts("kernels_remedy")
    if said.returncode != 0:
        yield Finding("kernels", Level.PROBLEM, _last_words(said), remedy)
        return
    state, _, text = said.stdout.strip().partition(" ")
    if state == "fallback":
        yield Finding("kernels", Level.WARNING, text, remedy)
    else:
        yield Finding("kernels", Level.GOOD, text)


def _look_at_walls(patient: Patient) -> Iterator[Finding]:
    said = _run([sys.executable, "-c", WALLS_PROBE])
    if said.returncode != 0:
        yield Finding("walls", Level.PROBLEM, _last_words(said), patient.texts("packages_missing_remedy"))
    elif missing := said.stdout.strip():
        yield Finding("walls", Level.WARNING, missing, patient.texts("walls_remedy"))
    else:
        yield Finding("walls", Level.GOOD, patient.texts("walls_good"))


def _look_at_secret_files(patient: Patient) -> Iterator[Finding]:
    for name in SECRET_FILES:
        path = Path(patient.environ.get(name) or "/nonexistent")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o044:
            mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
            text = patient.texts("secret_file_open", name=name, path=path, mode=mode)
            yield Finding("secrets", Level.WARNING, text, f"chmod go= {path}")


def _run(command: list[str], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The end of a short-lived child; an address with a password goes through its standard input."""
    try:
        return subprocess.run(
            command, input=f"{stdin}\n", capture_output=True, text=True, check=False, timeout=PROBE_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=str(error))


def _last_words(said: subprocess.CompletedProcess[str]) -> str:
    """The message of the exception that ended a child, without its traceback."""
    lines = said.stderr.strip().splitlines() or [""]
    name, separator, message = lines[-1].partition(": ")
    return message if separator and "Traceback" in said.stderr else lines[-1] or name
