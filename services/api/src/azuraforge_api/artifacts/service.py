"""Which file is handed out, and how a browser may treat it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from azuraforge_api.artifacts.repository import ArtifactRepository
from azuraforge_contracts import ArtifactRead, ArtifactSaved
from azuraforge_contracts.names import API_PREFIX

_INLINE: Final = frozenset(
    {
        "application/json",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/html",
        "text/markdown",
        "text/plain",
    }
)
"""Media types that a browser may show, all of them in a sandbox; anything else is a download."""
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_TEXT: Final = frozenset({"text/csv", "text/html", "text/markdown", "text/plain"})


@dataclass(frozen=True)
class Download:
    """A verified file and the headers that go with it."""

    path: Path
    media_type: str
    etag: str
    disposition: str


class ArtifactService:
    """Lists files and opens them by name."""

    def __init__(self, artifacts: ArtifactRepository) -> None:
        self._artifacts = artifacts

    async def list_for(self, task_id: str) -> list[ArtifactRead]:
        """The files of one experiment, each with its address."""
        return [_readable(task_id, saved) for saved in await self._artifacts.list_for(task_id)]

    async def open(self, task_id: str, name: str, *, is_download: bool) -> Download:
        """The file called `name`.

        Raises:
            ArtifactMissing: the experiment has none.
            ArtifactDamaged: its content is not what was written.
        """
        saved = await self._artifacts.get(task_id, name)
        path = await self._artifacts.verified_path(saved.sha256)
        media_type = saved.media_type.partition(";")[0].strip().lower()
        if not _MEDIA_TYPE.fullmatch(
            media_type
        ):  # a pipeline named it; a line break in it would be a header of its own
            media_type = "application/octet-stream"
        kind = "inline" if media_type in _INLINE and not is_download else "attachment"
        return Download(
            path=path,
            media_type=f"{media_type}; charset=utf-8" if media_type in _TEXT else media_type,
            etag=f'"{saved.sha256}"',
            disposition=f"{kind}; filename*=UTF-8''{quote(saved.name, safe='')}",
        )


def _readable(task_id: str, saved: ArtifactSaved) -> ArtifactRead:
    url = f"{API_PREFIX}/experiments/{task_id}/artifacts/{quote(saved.name, safe='')}"
    return ArtifactRead(**saved.model_dump(), url=url)
