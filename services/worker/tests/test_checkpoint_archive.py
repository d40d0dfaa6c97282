from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from azuraforge_worker.checkpoint_archive import pack_checkpoint, unpack_checkpoint
from azuraforge_worker.errors import CheckpointRefused

Make = Callable[..., str]
NAMES = ("state.json", "model.safetensors", "attached-series", "manifest.json")


def packed(folder: Path) -> bytes:
    out = io.BytesIO()
    pack_checkpoint(folder, out)
    return out.getvalue()


@pytest.fixture
def checkpoint(make_checkpoint: Make, tmp_path: Path) -> tuple[bytes, str]:
    sha256 = make_checkpoint(tmp_path / "made")
    return packed(tmp_path / "made"), sha256


def rewritten(archive: bytes, *, compression: int = zipfile.ZIP_STORED, **changes: bytes | None) -> bytes:
    """The same archive with entries replaced, added or, where None, left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w", compression) as target:
        contents = {name: source.read(name) for name in source.namelist()} | changes
        for name, content in contents.items():
            if content is not None:
                target.writestr(name, content)
    return out.getvalue()


def test_a_checkpoint_comes_back_as_it_was(checkpoint: tuple[bytes, str], tmp_path: Path) -> None:
    archive, sha256 = checkpoint
    unpack_checkpoint(io.BytesIO(archive), tmp_path / "back", sha256=sha256)
    for name in NAMES:
        assert (tmp_path / "back" / name).read_bytes() == (tmp_path / "made" / name).read_bytes()


def test_the_same_files_make_the_same_archive(
    checkpoint: tuple[bytes, str], make_checkpoint: Make, tmp_path: Path
) -> None:
    make_checkpoint(tmp_path / "again")
    assert packed(tmp_path / "again") == checkpoint[0]


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "a/b", "..", "a\\b", ".hidden", "ünï", "x" * 300])
def test_a_name_that_is_a_path_is_refused(checkpoint: tuple[bytes, str], tmp_path: Path, name: str) -> None:
    archive = rewritten(checkpoint[0], **{name: b"x"})
    with pytest.raises(CheckpointRefused):
        unpack_checkpoint(io.BytesIO(archive), tmp_path / "in" / "back", sha256=checkpoint[1])
    assert list((tmp_path / "in").iterdir()) == []
    assert not (tmp_path / "escaped").exists()


def test_compression_a_stranger_file_and_a_missing_one_are_refused(
    checkpoint: tuple[bytes, str], tmp_path: Path
) -> None:
    archive, sha256 = checkpoint
    for bad in (
        rewritten(archive, compression=zipfile.ZIP_DEFLATED),
        rewritten(archive, stranger=b"x"),
        rewritten(archive, **{"state.json": None}),
        rewritten(archive, **{"state.json": b"{ }"}),
        rewritten(archive, **{"manifest.json": b"{}"}),
        archive[:-30],
        b"not a zip",
    ):
        with pytest.raises(CheckpointRefused):
            unpack_checkpoint(io.BytesIO(bad), tmp_path / "back", sha256=sha256)
    assert not (tmp_path / "back").exists()


def test_every_flipped_byte_is_found(checkpoint: tuple[bytes, str], tmp_path: Path) -> None:
    archive, sha256 = checkpoint
    content_at = archive.index(b"weightsweights")
    for place in (content_at, content_at + 3000, archive.index(b'{"files"')):
        damaged = bytearray(archive)
        damaged[place] ^= 1
        with pytest.raises(CheckpointRefused):
            unpack_checkpoint(io.BytesIO(bytes(damaged)), tmp_path / "back", sha256=sha256)


def test_a_link_in_the_folder_is_not_followed(make_checkpoint: Make, tmp_path: Path) -> None:
    make_checkpoint(tmp_path / "made")
    (tmp_path / "made" / "state.json").unlink()
    (tmp_path / "made" / "state.json").symlink_to("/etc/passwd")
    with pytest.raises((OSError, CheckpointRefused)):
        packed(tmp_path / "made")


def test_a_manifest_that_lists_a_path_is_refused(make_checkpoint: Make, tmp_path: Path) -> None:
    make_checkpoint(tmp_path / "made")
    (tmp_path / "made" / "manifest.json").write_text(json.dumps({"files": {"../../secret": {}}}))
    with pytest.raises(CheckpointRefused, match="secret"):
        packed(tmp_path / "made")
