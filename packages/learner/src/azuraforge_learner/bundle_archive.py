"""A bundle as one file, `model.azf.zip`: the same bundle gives the same bytes; a hostile file is refused unread."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Final

from azuraforge_learner.bundles import BUNDLE_NAMES, Bundle, load_bundle
from azuraforge_learner.errors import BundleInvalid
from azuraforge_learner.sealed import PARTIAL_SUFFIX, sync_folder

MAX_UNPACKED_BYTES: Final = 2 * 1024**3
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest moment a zip can name; real times would make each archive different."""


def pack_bundle(folder: Path, archive: Path) -> None:
    """Write a verified bundle folder as one uncompressed zip, durable and all at once.

    Raises:
        BundleInvalid: the folder is not a whole bundle.
    """
    load_bundle(folder)
    partial = archive.with_name(f".{archive.name}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")
    archive.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as target:
                for name in sorted(BUNDLE_NAMES):
                    target.writestr(_member(name), (folder / name).read_bytes())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(archive)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(archive.parent)


def unpack_bundle(archive: Path, folder: Path, *, max_bytes: int = MAX_UNPACKED_BYTES) -> Bundle:
    """Unpack into a new `folder` and load it.

    Only the five names of a bundle are taken, each once, as plain files: no path, no link, no surprise. More than
    `max_bytes` together is refused before the first byte is unpacked.

    Raises:
        BundleInvalid: the archive is not a bundle, or `folder` is already there; nothing was left behind.
    """
    if folder.exists():
        raise BundleInvalid(f"{folder} is already there")
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir()
    try:
        _extract(archive, partial, max_bytes=max_bytes)
        bundle = load_bundle(partial)
        sync_folder(partial)
        partial.rename(folder)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise BundleInvalid(f"{archive.name} cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    sync_folder(folder.parent)
    return bundle


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.create_system = 3  # Unix on every machine, so that the bytes do not tell where they were written
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _extract(archive: Path, folder: Path, *, max_bytes: int) -> None:
    with zipfile.ZipFile(archive) as source:
        members = source.infolist()
        _check_members(members, max_bytes=max_bytes)
        for info in members:
            with source.open(info) as stream, (folder / info.filename).open("xb") as target:
                shutil.copyfileobj(stream, target)  # zipfile never gives more than the size just checked
                target.flush()
                os.fsync(target.fileno())


def _check_members(members: list[zipfile.ZipInfo], *, max_bytes: int) -> None:
    names = [info.filename for info in members]
    if sorted(names) != sorted(BUNDLE_NAMES):
        raise BundleInvalid(f"a bundle holds exactly {', '.join(sorted(BUNDLE_NAMES))}, each once")
    for info in members:
        if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG}:  # 0: made by a tool that does not say
            raise BundleInvalid(f"{info.filename} is not a plain file")
        if info.flag_bits & 0x1:
            raise BundleInvalid(f"{info.filename} is encrypted")
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise BundleInvalid(f"{info.filename} is compressed in an unknown way")
    if sum(info.file_size for info in members) > max_bytes:
        raise BundleInvalid(f"the bundle would unpack to more than {max_bytes:,} bytes")
