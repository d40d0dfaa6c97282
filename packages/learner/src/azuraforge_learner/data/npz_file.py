"""A strict reader of `.npz`: named arrays of plain numbers, dates or texts; nothing in it is ever executed."""

from __future__ import annotations

import io
import math
from pathlib import Path
from tokenize import TokenError
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from azuraforge_learner.data.errors import ArchiveInvalid
from azuraforge_learner.data.zip_file import LIMITS, ArchiveLimits, read_zip

KINDS: Final = "biufMmUS"
"""Booleans, integers, floats, dates, durations, texts. Objects (pickles) and records are not data."""
MAX_AXES: Final = 8
MAX_ITEM_BYTES: Final = 4096
MAX_HEADER_BYTES: Final = 10_000


def read_npz(source: bytes | Path, *, limits: ArchiveLimits = LIMITS) -> dict[str, NDArray[Any]]:
    """Every array of the archive by its name, read-only.

    Raises:
        ArchiveInvalid: it is not an archive of plain arrays, or larger than `limits`.
    """
    arrays = {}
    for name, content in read_zip(source, limits=limits).items():
        if not name.endswith(".npy") or "/" in name:
            raise ArchiveInvalid(
                f"The member {name[:60]!r} is not an array.", code="npz_not_array", hint="Save it with numpy.savez."
            )
        arrays[name.removesuffix(".npy")] = _read_array(content, name=name)
    return arrays


def _read_array(content: bytes, *, name: str) -> NDArray[Any]:
    shape, is_fortran, dtype, start = _read_header(content, name=name)
    if dtype.kind not in KINDS or dtype.hasobject or dtype.itemsize > MAX_ITEM_BYTES:
        raise _refused(name, f"has the type {str(dtype)[:40]}, which is not taken", code="npz_type")
    if len(shape) > MAX_AXES or any(length < 0 for length in shape):
        raise _refused(name, "has a shape that is not taken", code="npz_shape")
    count = math.prod(shape)
    if count * dtype.itemsize != len(content) - start:
        raise _refused(name, "does not hold as many values as it says", code="npz_length")
    order = "F" if is_fortran else "C"
    if not dtype.itemsize:
        raise _refused(name, "has values without size", code="npz_type")
    return np.frombuffer(content, dtype=dtype, count=count, offset=start).reshape(shape, order=order)  # type: ignore[call-overload, no-any-return]


def _read_header(content: bytes, *, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, is_fortran, dtype = read(file, max_header_size=MAX_HEADER_BYTES)
    except (
        ValueError,
        KeyError,
        TypeError,
        SyntaxError,
        RecursionError,
        MemoryError,
        OverflowError,
        TokenError,
    ) as error:
        raise _refused(name, "has a head that cannot be read", code="npz_header") from error
    return shape, is_fortran, dtype, file.tell()


def _refused(name: str, what: str, *, code: str) -> ArchiveInvalid:
    return ArchiveInvalid(
        f"The array {name.removesuffix('.npy')[:60]!r} {what}.", code=code, hint="Save plain arrays with numpy.savez."
    )
