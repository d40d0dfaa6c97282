"""An index of the dashboard's files: a request is looked up in it and never becomes a path."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import Path
from typing import Final

REFRESH_S: Final = 1.0
IMMUTABLE: Final = "public, max-age=31536000, immutable"
REVALIDATE: Final = "no-cache"
INDEX: Final = "/index.html"
_HASHED_PREFIX: Final = "/assets/"

# The system's table may say anything (Windows calls .js text/plain), so ours is fixed.
_TYPES = MimeTypes()
for _type, _suffix in (
    ("text/javascript", ".js"),
    ("text/javascript", ".mjs"),
    ("text/css", ".css"),
    ("application/json", ".json"),
    ("application/manifest+json", ".webmanifest"),
    ("font/woff2", ".woff2"),
    ("image/svg+xml", ".svg"),
    ("image/webp", ".webp"),
    ("application/wasm", ".wasm"),
):
    _TYPES.add_type(_type, _suffix)


@dataclass(frozen=True)
class StaticFile:
    """A file and how long a browser may keep it."""

    path: Path
    media_type: str
    cache_control: str


class DashboardFiles:
    """Files below `root` by URL path; looked for again at most once a second, so that a new build is found."""

    def __init__(self, root: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._clock = clock
        self._files: dict[str, StaticFile] = {}
        self._read_at = float("-inf")

    def find(self, url_path: str) -> StaticFile | None:
        """The file at `url_path`, if the build has it."""
        self._refresh()
        return self._files.get(url_path)

    def _refresh(self) -> None:
        if self._clock() - self._read_at < REFRESH_S:
            return
        self._read_at = self._clock()
        root = self._root.resolve()
        self._files = {}
        for path in sorted(root.rglob("*")) if root.is_dir() else []:
            if path.is_file() and path.resolve().is_relative_to(root):
                url_path = "/" + path.relative_to(root).as_posix()
                self._files[url_path] = _static_file(path, url_path)


def _static_file(path: Path, url_path: str) -> StaticFile:
    media_type = _TYPES.guess_type(path.name)[0] or "application/octet-stream"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return StaticFile(path, media_type, IMMUTABLE if url_path.startswith(_HASHED_PREFIX) else REVALIDATE)
