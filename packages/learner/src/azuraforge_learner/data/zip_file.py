"""A strict reader of zip archives: every member is a plain file with a plain name, and inflating has an end.

What an archive says about itself is only a first look: bytes are counted while they inflate.
"""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from azuraforge_learner.data.errors import ArchiveInvalid

_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LONGEST_END: Final = _END.size + 0xFFFF
_DIRECTORY_ENTRY_BYTES: Final = 1024
_LOCAL_HEADER_BYTES: Final = 30
_DAMAGES: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError),
)
_CHUNK: Final = 64 * 1024
_FREE_BYTES: Final = 1024 * 1024
"""So much may a member inflate to whatever its ratio is: short texts of zeros are honest."""


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may hold at most."""

    members: int = 1000
    member_bytes: int = 128 * 1024**2
    total_bytes: int = 256 * 1024**2
    ratio: int = 200
    name_characters: int = 200


LIMITS: Final = ArchiveLimits()


def read_zip(source: bytes | Path, *, limits: ArchiveLimits = LIMITS) -> dict[str, bytes]:
    """Every file of the archive by its name.

    Raises:
        ArchiveInvalid: it is no zip, holds something else than plain files, or is larger than `limits`.
    """
    try:
        with _open(source) as file:
            _check_directory_size(file, limits=limits)
            with zipfile.ZipFile(file) as archive:
                members = [info for info in archive.infolist() if not info.is_dir()]
                _check_members(members, limits=limits)
                return _inflate_all(archive, members, limits=limits)
    except (*_DAMAGES, OSError) as error:
        raise ArchiveInvalid(
            f"The archive cannot be read: {error}.", code="archive_damaged", hint="Make the archive anew."
        ) from error


def _open(source: bytes | Path) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _check_directory_size(file: BinaryIO, *, limits: ArchiveLimits) -> None:
    """Before the directory is read: a hundred million entries would take a minute to list."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise ArchiveInvalid("This is not a zip archive.", code="archive_not_zip", hint="Choose a .zip or .npz file.")
    _, _, _, _, count, directory, offset, _ = _END.unpack_from(tail, at)
    if 0xFFFF in {count} or 0xFFFFFFFF in {directory, offset}:
        raise ArchiveInvalid(
            "The archive is of the 64-bit kind, which is for more than is taken here.",
            code="archive_too_large",
            hint="Pack fewer or smaller files.",
        )
    if count > limits.members or directory > limits.members * _DIRECTORY_ENTRY_BYTES:
        raise _too_many(limits)


def _too_many(limits: ArchiveLimits) -> ArchiveInvalid:
    return ArchiveInvalid(
        f"The archive has more than {limits.members} members.",
        code="archive_too_many",
        hint="Pack fewer files.",
        params={"limit": limits.members},
    )


def _check_members(members: list[zipfile.ZipInfo], *, limits: ArchiveLimits) -> None:
    if len(members) > limits.members:
        raise _too_many(limits)
    seen: set[str] = set()
    for info in members:
        _check_name(info.orig_filename, limits=limits)
        folded = unicodedata.normalize("NFC", info.filename).casefold()
        if folded in seen:
            raise _refused(info, "stands there twice", code="archive_duplicate")
        seen.add(folded)
        if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG}:  # 0: made by a tool that does not say
            raise _refused(info, "is a link or another special file", code="archive_not_file")
        if info.flag_bits & 0x1:
            raise _refused(info, "is encrypted", code="archive_encrypted")
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _refused(info, "is compressed in an unknown way", code="archive_compression")
        if info.compress_size > info.file_size + info.file_size // 8 + _FREE_BYTES // 1024:
            raise _refused(info, "holds more than it says", code="archive_damaged")
        if info.file_size > limits.member_bytes:
            raise _too_large(limits.member_bytes)
    if sum(info.file_size for info in members) > limits.total_bytes:
        raise _too_large(limits.total_bytes)
    _check_overlap(members)


def _check_name(name: str, *, limits: ArchiveLimits) -> None:
    """A name that means the same everywhere, and nothing outside of a folder."""
    parts = name.split("/")
    is_odd = any(unicodedata.category(letter) in {"Cc", "Cf", "Cs"} for letter in name) or "\\" in name or ":" in name
    if is_odd or any(part in {"", ".", ".."} for part in parts) or len(name) > limits.name_characters:
        raise ArchiveInvalid(
            f"The archive has a member with a name that is not taken: {name[:60]!r}.",
            code="archive_name",
            hint="Names are relative, without .., backslashes, colons and control characters.",
        )


def _check_overlap(members: list[zipfile.ZipInfo]) -> None:
    """Members that share bytes are how a small archive becomes a huge one."""
    end = 0
    for info in sorted(members, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise _refused(info, "shares bytes with another one", code="archive_overlap")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size


def _inflate_all(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], *, limits: ArchiveLimits
) -> dict[str, bytes]:
    total, found = 0, {}
    for info in members:
        chunks, size = [], 0
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > _FREE_BYTES and size > info.compress_size * limits.ratio:
                    raise _refused(info, f"inflates to more than {limits.ratio} times its size", code="archive_bomb")
                if total + size > limits.total_bytes:
                    raise _too_large(limits.total_bytes)
                chunks.append(chunk)
        total += size
        found[info.filename] = b"".join(chunks)
    return found


def _refused(info: zipfile.ZipInfo, what: str, *, code: str) -> ArchiveInvalid:
    return ArchiveInvalid(
        f"The member {info.filename[:60]!r} of the archive {what}.", code=code, hint="Make the archive anew without it."
    )


def _too_large(limit: int) -> ArchiveInvalid:
    return ArchiveInvalid(
        f"The archive holds more than {limit // 1024**2} MB.",
        code="archive_too_large",
        hint="Pack fewer or smaller files.",
        params={"limit": limit},
    )
