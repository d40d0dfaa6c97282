"""A checkpoint folder as one uncompressed zip, and back: how checkpoints travel between workers that share a store.

What comes back is read as if a stranger had written it: plain names only, nothing compressed, no more bytes than the
archive has, every file in the manifest and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import zipfile
from pathlib import Path
from typing import BinaryIO, Final

from azuraforge_worker.attempt_folder import MANIFEST_NAME, verify_checkpoint
from azuraforge_worker.errors import CheckpointRefused

MOST_FILES: Final = 1000
CHUNK_BYTES: Final = 1024 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}", re.ASCII)
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""The same files give the same archive, whenever it is made."""


def pack_checkpoint(folder: Path, out: BinaryIO) -> None:
    """Write the files of a verified checkpoint into `out`, the manifest first.

    Raises:
        CheckpointRefused: a file is not a plain one, or its name is none.
        OSError: it cannot be read, or `out` cannot be written.
    """
    names = [MANIFEST_NAME, *sorted(_listed(folder / MANIFEST_NAME))]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in names:
            with _open_plain(folder / name) as source, archive.open(_entry(name), "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, CHUNK_BYTES)


def unpack_checkpoint(source: BinaryIO, folder: Path, *, sha256: str) -> None:
    """Make `folder`, whole or not at all, from an archive; `sha256` is the manifest's, as the ledger knows it.

    Raises:
        CheckpointRefused: the archive is not one, or not that checkpoint.
        OSError: the folder cannot be written.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with zipfile.ZipFile(source) as archive:
            for entry in _checked_entries(archive, size=_size_of(source)):
                with archive.open(entry) as content, (partial / entry.filename).open("xb") as target:
                    shutil.copyfileobj(content, target, CHUNK_BYTES)
        if {path.name for path in partial.iterdir()} != {MANIFEST_NAME, *_listed(partial / MANIFEST_NAME)}:
            raise CheckpointRefused("the archive does not hold exactly the files of its manifest")
        verify_checkpoint(partial, sha256=sha256)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise CheckpointRefused(f"the archive cannot be read: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _checked_entries(archive: zipfile.ZipFile, *, size: int) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_FILES or len(set(names)) < len(names):
        raise CheckpointRefused(f"the archive holds {len(entries)} files, or one twice")
    if strange := [name for name in names if _NAME.fullmatch(name) is None]:
        raise CheckpointRefused(f"the archive holds a file called {strange[0][:60]!r}")
    if any(entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size for entry in entries):
        raise CheckpointRefused("the archive is compressed, which no checkpoint is")
    if sum(entry.file_size for entry in entries) > size:
        raise CheckpointRefused("the archive claims to hold more than it has")
    return entries


def _listed(manifest: Path) -> list[str]:
    try:
        names = list(json.loads(manifest.read_bytes())["files"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CheckpointRefused(f"its manifest cannot be read: {error}") from error
    if strange := [name for name in names if _NAME.fullmatch(name) is None or name == MANIFEST_NAME]:
        raise CheckpointRefused(f"its manifest lists a file called {strange[0][:60]!r}")
    return names


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_LONG_AGO)
    entry.external_attr = 0o600 << 16
    return entry


def _open_plain(path: Path) -> BinaryIO:
    # An app wrote the folder: a link could point anywhere, a pipe would never end.
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise CheckpointRefused(f"{path.name} is not a plain file")
    return os.fdopen(number, "rb")


def _size_of(source: BinaryIO) -> int:
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    return size
