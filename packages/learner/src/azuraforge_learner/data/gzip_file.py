"""Inflating gzip with an end: bytes are counted as they come, whatever the file says about itself."""

from __future__ import annotations

import zlib
from typing import Final

from azuraforge_learner.data.errors import ArchiveInvalid

MAX_BYTES: Final = 64 * 1024**2
MAX_RATIO: Final = 200
_GZIP: Final = 31
_CHUNK: Final = 256 * 1024
_FREE_BYTES: Final = 1024 * 1024


def inflate_gzip(content: bytes, *, max_bytes: int = MAX_BYTES, max_ratio: int = MAX_RATIO) -> bytes:
    """The inflated content, of all members.

    Raises:
        ArchiveInvalid: it is not gzip, is cut short, or inflates to more than is allowed.
    """
    chunks: list[bytes] = []
    size, rest = 0, content
    try:
        while rest:
            member = zlib.decompressobj(wbits=_GZIP)
            while not member.eof:
                chunk = member.decompress(rest, _CHUNK)
                rest = member.unconsumed_tail
                if not chunk and not member.eof and not rest:
                    raise zlib.error("it is cut short")
                size += len(chunk)
                _check(size, len(content), max_bytes=max_bytes, max_ratio=max_ratio)
                chunks.append(chunk)
            rest = member.unused_data.lstrip(b"\0")  # padding of tapes, as gzip itself allows
    except zlib.error as error:
        raise ArchiveInvalid(
            f"The gzip file cannot be read: {error}.", code="archive_damaged", hint="Make the file anew."
        ) from error
    return b"".join(chunks)


def _check(size: int, packed: int, *, max_bytes: int, max_ratio: int) -> None:
    if size > max_bytes:
        raise ArchiveInvalid(
            f"The gzip file inflates to more than {max_bytes // 1024**2} MB.",
            code="archive_too_large",
            hint="Bring a shorter file.",
            params={"limit": max_bytes},
        )
    if size > _FREE_BYTES and size > packed * max_ratio:
        raise ArchiveInvalid(
            f"The gzip file inflates to more than {max_ratio} times its size.",
            code="archive_bomb",
            hint="Bring the file without compression.",
        )
