"""How a file is offered to a browser."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from azuraforge_api.artifacts.service import ArtifactService
from azuraforge_contracts import ArtifactSaved


class Shelf:
    """One file with the media type that a pipeline gave it."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type

    async def get(self, task_id: str, name: str) -> ArtifactSaved:
        return ArtifactSaved(name=name, kind="x", media_type=self._media_type, sha256="0" * 64, bytes=1)

    async def verified_path(self, sha256: str) -> Path:
        return Path("/nowhere")


@pytest.mark.parametrize(
    "media_type", ["text/x\r\nSet-Cookie: a=b", "text", "", "text/é", "a" * 200 + "/b", "text/html/x"]
)
def test_a_media_type_that_would_be_more_than_one_is_replaced(media_type: str) -> None:
    shelf: Any = Shelf(media_type)
    found = asyncio.run(ArtifactService(shelf).open("id", "x", is_download=False))
    assert found.media_type == "application/octet-stream"
    assert found.disposition.startswith("attachment")
