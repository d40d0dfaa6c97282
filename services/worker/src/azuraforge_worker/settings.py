"""The worker's settings: read once in `main`, frozen, printed without secrets."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from azuraforge_contracts import SettingError, new_id, read_setting
from azuraforge_contracts.names import ANNOUNCEMENT_PERIOD_S, ANNOUNCEMENT_TTL_S, LEASE_RENEWAL_S
from azuraforge_worker.cores import usable_cores
from azuraforge_worker.slots import list_gpus

DEVICES = ("cpu", "gpu", "auto")


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Everything a worker is told from outside. Times are in seconds."""

    database_url: str
    redis_url: str
    artifacts: Path
    work: Path
    worker_id: str
    device: str = "cpu"
    threads: int = 1
    """Of the kernels in one trainer."""
    concurrency: int = 1
    """Trainings at a time."""
    gpus: tuple[str, ...] = ()
    """One training on each, where the device is or may be a GPU."""
    renewal_s: float = LEASE_RENEWAL_S
    housekeeping_s: float = 1.0
    announcement_ttl_s: int = ANNOUNCEMENT_TTL_S
    announcement_s: float = ANNOUNCEMENT_PERIOD_S
    start_wait_s: float = 60.0
    stop_grace_s: float = 20.0
    least_free_bytes: int = 200_000_000
    """No training begins on a disk with less room."""
    preflight_idle_s: float = 120.0

    def printable(self) -> str:
        """One line for the log: addresses without user, password or query."""
        return (
            f"worker {self.worker_id}: database {_without_secret(self.database_url)}, "
            f"broker {_without_secret(self.redis_url)}, work {self.work}, artifacts {self.artifacts}, "
            f"device {self.device}, {self.threads} threads, {self.concurrency} at a time"
        )


def read_settings(environ: Mapping[str, str]) -> WorkerSettings:
    """Settings from `AZURAFORGE_*`; what is not set lies below `AZURAFORGE_HOME` (default `~/.azuraforge`).

    Raises:
        SettingError: a value is missing or cannot be used; the message names it.
    """
    home = Path(read_setting(environ, "HOME", default="~/.azuraforge")).expanduser()
    device = _choice(environ, "DEVICE", choices=DEVICES)
    gpus = list_gpus(environ) if device in {"auto", "gpu"} else ()
    concurrency = _count(environ, "WORKER_CONCURRENCY", default=max(1, len(gpus)))
    if gpus:
        concurrency = min(concurrency, len(gpus))
    return WorkerSettings(
        database_url=read_setting(environ, "DATABASE_URL", default=f"sqlite:///{home / 'ledger.sqlite3'}"),
        redis_url=read_setting(environ, "REDIS_URL"),
        artifacts=Path(read_setting(environ, "ARTIFACTS", default=str(home / "artifacts"))).expanduser(),
        work=Path(read_setting(environ, "WORK", default=str(home / "work"))).expanduser(),
        worker_id=f"{socket.gethostname()}-{new_id()}",
        device=device,
        threads=_count(environ, "THREADS", default=max(1, usable_cores() // concurrency)),
        concurrency=concurrency,
        gpus=gpus,
        renewal_s=_seconds(environ, "LEASE_RENEWAL_S", default=LEASE_RENEWAL_S),
        housekeeping_s=_seconds(environ, "HOUSEKEEPING_S", default=1.0),
        announcement_ttl_s=_count(environ, "ANNOUNCEMENT_TTL_S", default=ANNOUNCEMENT_TTL_S),
        announcement_s=_seconds(environ, "ANNOUNCEMENT_PERIOD_S", default=ANNOUNCEMENT_PERIOD_S),
        start_wait_s=_seconds(environ, "START_WAIT_S", default=60.0),
        stop_grace_s=_seconds(environ, "STOP_GRACE_S", default=20.0),
        least_free_bytes=1_000_000 * _count(environ, "LEAST_FREE_MB", default=200),
        preflight_idle_s=_seconds(environ, "PREFLIGHT_IDLE_S", default=120.0),
    )


def _choice(environ: Mapping[str, str], name: str, *, choices: tuple[str, ...]) -> str:
    value = read_setting(environ, name, default=choices[0]).strip().lower()
    if value not in choices:
        raise SettingError(f"AZURAFORGE_{name} is {value!r}. Use one of {', '.join(choices)}.")
    return value


def _count(environ: Mapping[str, str], name: str, *, default: int) -> int:
    text = read_setting(environ, name, default=str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 4096:
        raise SettingError(f"AZURAFORGE_{name} is {text!r}. Use a whole number from 1 to 4096.")
    return int(text)


def _seconds(environ: Mapping[str, str], name: str, *, default: float) -> float:
    text = read_setting(environ, name, default=str(default))
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 < value <= 86_400.0:
        raise SettingError(f"AZURAFORGE_{name} is {text!r}. Use a number of seconds above 0, at most 86400.")
    return value


def _without_secret(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
