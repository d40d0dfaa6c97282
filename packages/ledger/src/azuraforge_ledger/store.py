"""Files of artifacts, filed under the sha256 of their content.

A name that a person or a plug-in chose is never part of a path. A file appears whole or not at all: it is written
beside the store, synced, renamed into place, and the folder is synced. What is read is verified first.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from azuraforge_ledger.errors import ArtifactDamaged, ArtifactMissing, HashInvalid, NotAFile

_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CHUNK: Final = 1024 * 1024


class ArtifactStore:
    """Content-addressed files below one folder: `sha256/ab/abcdef…`."""

    def __init__(self, root: Path) -> None:
        self._root = Path(root)

    def put_file(self, path: Path) -> tuple[str, int]:
        """Copy a plain file into the store; returns its sha256 and its size in bytes.

        What is already there is written again, so that a damaged copy heals.

        Raises:
            NotAFile: `path` is a link, a folder, a pipe or a device.
            OSError: it cannot be read, or the store cannot be written.
        """
        with _open_plain(path) as source:
            return self._put(source)

    def put_written(self, write: Callable[[BinaryIO], None]) -> tuple[str, int]:
        """Let `write` fill a new file of the store, from front to back; returns its sha256 and its size in bytes.

        Raises:
            OSError: the store cannot be written. What `write` raises is raised on; nothing is stored then.
        """
        with self._incoming() as temporary:
            with temporary.open("xb") as file:
                sink = _HashingSink(file)
                write(cast("BinaryIO", sink))
                file.flush()
                os.fsync(file.fileno())
            sha256 = sink.digest.hexdigest()
            self._adopt(temporary, sha256)
        return sha256, sink.size

    def sweep_incoming(self, *, older_than_s: float) -> int:
        """Delete what was begun and never finished; how many files.

        Whoever writes touches its file all the while, so one that is old has no writer.
        """
        count = 0
        for file in (self._root / "incoming").glob("*"):
            with contextlib.suppress(FileNotFoundError):  # it was finished at this very moment
                if time.time() - file.lstat().st_mtime >= older_than_s:
                    file.unlink()
                    count += 1
        return count

    def delete(self, sha256: str) -> None:
        """Forget a file that nothing refers to any more; one that is not there is forgotten already.

        Raises:
            HashInvalid: `sha256` is not one.
        """
        self._place(sha256).unlink(missing_ok=True)

    def open(self, sha256: str) -> BinaryIO:
        """The verified content, at its beginning; the caller closes it.

        Raises:
            HashInvalid: `sha256` is not one.
            ArtifactMissing: the store has no such file.
            ArtifactDamaged: its content is not what it was.
        """
        path = self._place(sha256)
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            raise ArtifactMissing(f"The store has no file {sha256}. Restore it from a backup.") from error
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            file.close()
            raise ArtifactDamaged(sha256)
        file.seek(0)
        return file

    def path_of(self, sha256: str) -> Path:
        """Path of the verified content, for a server that sends files by path; it is not to be written.

        Raises:
            HashInvalid: `sha256` is not one.
            ArtifactMissing: the store has no such file.
            ArtifactDamaged: its content is not what it was.
        """
        self.open(sha256).close()
        return self._place(sha256)

    def _place(self, sha256: str) -> Path:
        if _HASH.fullmatch(sha256) is None:
            raise HashInvalid(sha256)
        return self._root / "sha256" / sha256[:2] / sha256

    def _put(self, source: BinaryIO) -> tuple[str, int]:
        with self._incoming() as temporary:
            sha256, size = _copy(source, temporary)
            self._adopt(temporary, sha256)
        return sha256, size

    @contextmanager
    def _incoming(self) -> Iterator[Path]:
        """A name for a file that is not complete yet; whatever is left under it goes with the block."""
        incoming = self._root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        temporary = incoming / secrets.token_hex(16)
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _adopt(self, temporary: Path, sha256: str) -> None:
        place = self._place(sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(place)
        for folder in (place.parent, place.parent.parent, self._root):
            _sync_folder(folder)


class _HashingSink:
    """A file that is written from front to back, hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> int:
        """The next bytes."""
        self.digest.update(content)
        self.size += len(content)
        return self._file.write(content)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._file.flush()


@contextmanager
def _open_plain(path: Path) -> Iterator[BinaryIO]:
    # The file was named by a trainer: a link could point anywhere, a pipe would never end.
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise NotAFile(f"{path} is a link. Offer the file itself as an artifact.") from error
        raise
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise NotAFile(f"{path} is not a plain file. Pack a folder into one file first.")
    with os.fdopen(number, "rb") as file:
        yield file


def _copy(source: BinaryIO, target: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
