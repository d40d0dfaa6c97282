"""What a trainer reported while the database was away: a file in its attempt's folder, one record after the other.

    sha256 of the rest of the line, a space, {"n": 1, "type": "epoch", "data": {…}}

A record is durable when `append` returns. The file belongs to one attempt of one supervisor: whoever comes after a
killed worker begins at a checkpoint that the ledger knows, and sweeps the file unread.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from azuraforge_contracts import LineType, Message, TrainerLine
from azuraforge_worker.attempt_folder import SPOOL_NAME
from azuraforge_worker.errors import SpoolDamaged
from azuraforge_worker.pipe_lines import DATA_TYPES

DIGEST_LETTERS: Final = 64


@dataclass(frozen=True)
class Record:
    """One thing that a trainer reported and that the ledger must store."""

    type: LineType
    data: Message


class Spool:
    """A queue on disk: `append` at its end, `first` and `drop_first` at its beginning. Not for two threads at once."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SPOOL_NAME
        self._fd: int | None = None
        self._written = 0
        self._dropped = 0
        self._end = 0
        self._start = 0

    def __len__(self) -> int:
        return self._written - self._dropped

    def append(self, record: Record) -> None:
        """Write one record; it is on disk when this returns.

        Raises:
            OSError: it cannot be written, and nothing of it was.
        """
        line = TrainerLine(n=self._written + 1, type=record.type, data=record.data.model_dump(mode="json"))
        encoded = _seal(line.model_dump_json().encode())
        fd = self._open()
        try:
            _write_at(fd, encoded, self._end)
            os.fdatasync(fd)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(fd, self._end)
            raise
        self._written += 1
        self._end += len(encoded)

    def first(self) -> Record | None:
        """The oldest record that was not dropped.

        Raises:
            SpoolDamaged: it is not what was written.
        """
        if not len(self):
            return None
        line = self._read_line()
        try:
            parsed = TrainerLine.model_validate_json(_unseal(line))
            data = DATA_TYPES[parsed.type].model_validate(parsed.data)
        except (ValueError, ValidationError) as error:
            raise SpoolDamaged(f"record {self._dropped + 1} of {self._path.name} is not what was written") from error
        if parsed.n != self._dropped + 1:
            raise SpoolDamaged(f"record {self._dropped + 1} of {self._path.name} calls itself {parsed.n}")
        return Record(parsed.type, data)

    def drop_first(self) -> None:
        """Forget the oldest record; the file goes with the last one."""
        self._start += len(self._read_line())
        self._dropped += 1
        if not len(self):
            self.close()

    def close(self) -> None:
        """Delete the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            self._path.unlink(missing_ok=True)
        self._written = self._dropped = self._end = self._start = 0

    def _open(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            _sync_folder(self._path.parent)
        return self._fd

    def _read_line(self) -> bytes:
        fd, line = self._open(), b""
        while not line.endswith(b"\n"):
            chunk = os.pread(fd, 64 * 1024, self._start + len(line))
            if not chunk:
                raise SpoolDamaged(f"{self._path.name} ends inside record {self._dropped + 1}")
            head, newline, _ = chunk.partition(b"\n")
            line += head + newline
        return line


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b" " + content + b"\n"


def _unseal(line: bytes) -> bytes:
    digest, content = line[:DIGEST_LETTERS], line[DIGEST_LETTERS + 1 : -1]
    if hashlib.sha256(content).hexdigest().encode() != digest:
        raise ValueError("another sha256")
    return content


def _write_at(fd: int, content: bytes, place: int) -> None:
    while content:
        written = os.pwrite(fd, content, place)
        content, place = content[written:], place + written


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
