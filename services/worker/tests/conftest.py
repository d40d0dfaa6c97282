"""Checkpoint folders for the worker's tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKPOINT_FILES = {"state.json": b"{}", "model.safetensors": b"weights" * 1000, "attached-series": b"\x00\x01"}


@pytest.fixture
def make_checkpoint() -> Callable[..., str]:
    """Makes a whole checkpoint folder, with further files if told, and returns its manifest's sha256."""

    def make(folder: Path, **more: bytes) -> str:
        folder.mkdir(parents=True)
        entries = {}
        for name, content in (CHECKPOINT_FILES | more).items():
            (folder / name).write_bytes(content)
            entries[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        manifest = json.dumps({"files": entries}).encode()
        (folder / "manifest.json").write_bytes(manifest)
        return hashlib.sha256(manifest).hexdigest()

    return make
