"""The data folder: where everything of one AzuraForge lies, and the checks before it is used.

This module is imported by the supervising parent, which lives for days: the standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from azuraforge.errors import HomeUnusable
from azuraforge.locales import Texts

LEAST_FREE_BYTES = 200 * 1024**2
"""A training that meets a full disk loses its work; refuse before."""


@dataclass(frozen=True)
class Home:
    """Paths below one data folder."""

    root: Path

    @property
    def valkey(self) -> Path:
        """Socket and append-only file of the broker; mode 0700."""
        return self.root / "valkey"

    @property
    def logs(self) -> Path:
        """One log per service."""
        return self.root / "logs"

    @property
    def owner_key(self) -> Path:
        """The key that the terminal signs in with; mode 0600."""
        return self.root / "secrets" / "owner.key"

    @property
    def server(self) -> Path:
        """Where the running platform answers; present only while it runs."""
        return self.root / "server.json"

    @property
    def lock(self) -> Path:
        """Held by the parent and its services as long as any of them lives."""
        return self.root / "up.lock"

    @property
    def ledger(self) -> Path:
        """The embedded database; unused when AZURAFORGE_DATABASE_URL names another."""
        return self.root / "ledger.sqlite3"


def find_home(environ: Mapping[str, str], *, chosen: str | None = None) -> Home:
    """The folder of --home, of AZURAFORGE_HOME, or ~/.azuraforge; absolute, not necessarily there."""
    named = chosen or environ.get("AZURAFORGE_HOME") or "~/.azuraforge"
    return Home(Path(named).expanduser().absolute())


def prepare_home(home: Home, *, texts: Texts) -> None:
    """Make the folders and the owner's key.

    Raises:
        HomeUnusable: no permission to write, or less than `LEAST_FREE_BYTES` free.
    """
    try:
        for folder in (home.root, home.valkey, home.logs, home.owner_key.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=home.root) as probe:
            probe.write(b"azuraforge")
        for folder in (home.valkey, home.owner_key.parent):
            folder.chmod(0o700)
        _make_owner_key(home.owner_key)
    except OSError as error:
        raise HomeUnusable(
            texts("home_unwritable", home=home.root, reason=error.strerror or error),
            remedy=texts("home_unwritable_remedy"),
        ) from error
    free = shutil.disk_usage(home.root).free
    if free < LEAST_FREE_BYTES:
        raise HomeUnusable(
            texts("disk_full", home=home.root, free=free // 1024**2, least=LEAST_FREE_BYTES // 1024**2),
            remedy=texts("disk_full_remedy"),
        )


def _make_owner_key(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    if stat.S_IMODE(path.stat().st_mode) != 0o600:
        path.chmod(0o600)


def read_owner_key(home: Home, environ: Mapping[str, str]) -> str:
    """The key that the API was told to accept: AZURAFORGE_OWNER_KEY (or its file), else the one of the folder."""
    given = environ.get("AZURAFORGE_OWNER_KEY")
    if given:
        return given
    path = Path(environ.get("AZURAFORGE_OWNER_KEY_FILE") or home.owner_key)
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def write_server(home: Home, *, url: str) -> None:
    """Say where the platform answers; atomically, so that a reader never sees half a file."""
    temporary = home.server.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
    temporary.replace(home.server)


def remove_server(home: Home) -> None:
    """Take back what `write_server` said, if it was this process that said it."""
    found = find_server(home)
    if found is not None and found.pid == os.getpid():
        home.server.unlink(missing_ok=True)


@dataclass(frozen=True)
class ServerNote:
    """What server.json says."""

    url: str
    pid: int

    @property
    def is_alive(self) -> bool:
        """Whether the process that wrote the note still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def find_server(home: Home) -> ServerNote | None:
    """The note of the running or crashed platform; None when there is none that can be read."""
    try:
        note = json.loads(home.server.read_text(encoding="utf-8"))
        return ServerNote(url=str(note["url"]), pid=int(note["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
