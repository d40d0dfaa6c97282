"""Folders that are whole or not there: every file's hash in `manifest.json`, all of it renamed into place at once.

Checkpoints and bundles are such folders. A reader gets bytes that were hashed after they were read, so what is parsed
is what was verified.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from azuraforge_learner.errors import LearnerError

MANIFEST_NAME: Final = "manifest.json"
PARTIAL_SUFFIX: Final = ".partial"
MAX_MANIFEST_BYTES: Final = 1024 * 1024


class SealBroken(LearnerError):
    """A folder is not whole; callers name it by their own error."""


@dataclass(frozen=True)
class Sealed:
    """A complete folder: its manifest, the manifest's sha256 (which covers every file), and all bytes together."""

    path: Path
    manifest: Mapping[str, Any]
    sha256: str
    bytes: int


def write_sealed(path: Path, *, files: Mapping[str, bytes], about: Mapping[str, Any]) -> Sealed:
    """Write `files` and a manifest of `about` plus their hashes.

    A crash at any moment leaves the whole folder, or a `.partial` one that no reader looks at. A folder already at
    `path` is replaced by two renames; a crash between them leaves neither, so callers that cannot lose the old one
    write under a new name, as `CheckpointStore` does.
    """
    if strange := [name for name in files if not _is_plain(name)]:
        raise SealBroken(f"a file cannot be named {strange[0][:60]!r}")
    entries = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)} for name, content in files.items()
    }
    manifest = {**about, "files": entries}
    manifest["seal"] = _seal(manifest)
    content = dump_json(manifest)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir()
    try:
        for name, data in {**files, MANIFEST_NAME: content}.items():
            _write_file(partial / name, data)
        sync_folder(partial)
        _move_into_place(partial, path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_folder(path.parent)
    size = len(content) + sum(len(data) for data in files.values())
    return Sealed(path, manifest, hashlib.sha256(content).hexdigest(), size)


def read_sealed(path: Path, *, format_name: str) -> tuple[Sealed, dict[str, bytes]]:
    """Manifest and verified bytes of every file it names.

    Raises:
        SealBroken: no manifest, another format, a file that is missing, short, long or different.
    """
    content = _read_file(path / MANIFEST_NAME, limit=MAX_MANIFEST_BYTES)
    manifest = parse_json(content, name=MANIFEST_NAME)
    if not isinstance(manifest, dict) or manifest.get("format") != format_name:
        raise SealBroken(f"{path} is not an {format_name} folder")
    if manifest.get("seal") != _seal(manifest) or dump_json(manifest) != content:
        raise SealBroken(f"{MANIFEST_NAME} is not what was written: its own seal differs")
    entries = _entries(manifest)
    files = {name: _read_entry(path / name, entry) for name, entry in entries.items()}
    size = len(content) + sum(len(data) for data in files.values())
    return Sealed(path, manifest, hashlib.sha256(content).hexdigest(), size), files


def parse_json(content: bytes, *, name: str) -> Any:
    """Strict JSON: UTF-8, no NaN, no absurd depth.

    Raises:
        SealBroken: it is not.
    """
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SealBroken(f"{name} is not valid JSON: {error}") from error


def dump_json(value: object) -> bytes:
    """Canonical bytes: sorted keys, two spaces, strict numbers."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n").encode()


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    if os.name == "nt":  # a folder cannot be opened there; NTFS journals names itself
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seal(manifest: Mapping[str, Any]) -> str:
    """The manifest's own hash; it protects against damage, a signature would be needed against intent."""
    return hashlib.sha256(dump_json({**manifest, "seal": ""})).hexdigest()


def _write_file(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _move_into_place(partial: Path, path: Path) -> None:
    if not path.exists():
        partial.rename(path)
        return
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")
    path.rename(aside)
    partial.rename(path)
    shutil.rmtree(aside)


def _entries(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    entries = manifest.get("files")
    if not isinstance(entries, dict) or not entries:
        raise SealBroken("the manifest names no files")
    for name, entry in entries.items():
        if not _is_plain(name):
            raise SealBroken(f"the manifest names a file outside its folder: {name[:60]!r}")
        if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise SealBroken(f"the manifest has no sha256 for {name}")
        if not isinstance(entry.get("bytes"), int) or isinstance(entry["bytes"], bool) or entry["bytes"] < 0:
            raise SealBroken(f"the manifest has no size for {name}")
    return entries


def _is_plain(name: str) -> bool:
    """Whether a name stays in its folder on every system."""
    return name == Path(name).name and name not in {"", "..", MANIFEST_NAME} and not set(name) & {"\\", ":", "\x00"}


def _read_entry(path: Path, entry: Mapping[str, Any]) -> bytes:
    content = _read_file(path, limit=entry["bytes"])
    if len(content) != entry["bytes"] or hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise SealBroken(f"{path.name} is not what was written: its sha256 differs from the manifest's")
    return content


def _read_file(path: Path, *, limit: int) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise SealBroken(f"{path.name} is missing in {path.parent}")
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise SealBroken(f"{path.name} is longer than the {limit} bytes expected")
    return content


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
