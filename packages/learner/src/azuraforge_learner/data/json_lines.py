"""A strict reader of JSON lines: one flat-enough object per line, finite numbers, no key twice."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from azuraforge_learner.data.errors import TableInvalid

MAX_BYTES: Final = 32 * 1024**2
MAX_LINES: Final = 200_000
MAX_LINE_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 16
MAX_KEYS: Final = 1_000
_MAX_INTEGER: Final = 2**63 - 1
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def read_json_lines(content: bytes) -> list[dict[str, Any]]:
    """The objects, in order; empty lines are passed over.

    Raises:
        TableInvalid: with a code and the line.
    """
    if len(content) > MAX_BYTES:
        raise _refused(f"The file is larger than {MAX_BYTES // 1024**2} MB.", code="json_too_large")
    rows: list[dict[str, Any]] = []
    start, line = 0, 0
    content = content.removeprefix(b"\xef\xbb\xbf")
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        line += 1
        if line > MAX_LINES:
            raise _refused(f"The file has more than {MAX_LINES} lines.", code="json_too_many_rows")
        if end - start > MAX_LINE_BYTES:
            raise _at(line, f"is longer than {MAX_LINE_BYTES // 1024} KB", code="json_line_too_long")
        text = content[start:end].strip()
        start = end + 1
        if text:
            rows.append(_read_line(text, line=line))
    return rows


def _read_line(raw: bytes, *, line: int) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
        _check_depth(text)
        value = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise _at(line, "is not UTF-8", code="json_encoding") from None
    except json.JSONDecodeError as error:
        raise _at(line, f"is not JSON (column {error.colno})", code="json_syntax") from None
    except _Refused as error:
        raise _at(line, str(error), code=error.code) from None
    if not isinstance(value, dict):
        raise _at(line, "is not a JSON object", code="json_not_object")
    return value


class _Refused(Exception):
    def __init__(self, what: str, *, code: str) -> None:
        super().__init__(what)
        self.code = code


def _check_depth(text: str) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = text[match.start()]
        depth += 1 if mark in "[{" else -1 if mark in "]}" else 0
        if depth > MAX_DEPTH:
            raise _Refused(f"is nested deeper than {MAX_DEPTH} levels", code="json_depth")


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused("has a key twice", code="json_duplicate_key")
    if len(found) > MAX_KEYS:
        raise _Refused(f"has more than {MAX_KEYS} keys", code="json_too_many_keys")
    for key in found:
        _check_text(key)
    for value in found.values():
        if isinstance(value, str):
            _check_text(value)
    return found


def _check_text(text: str) -> None:
    if "\0" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise _Refused("holds text that is not text: NUL, or half of a surrogate pair", code="json_text")


def _read_float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_number(text)


def _read_integer(text: str) -> int:
    if len(text) > 20 or abs(value := int(text)) > _MAX_INTEGER:
        raise _Refused("holds an integer that does not fit in 64 bits", code="json_integer")
    return value


def _refuse_number(_: str) -> NoReturn:
    raise _Refused("holds a number that is not finite", code="json_not_finite")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_object, parse_float=_read_float, parse_int=_read_integer, parse_constant=_refuse_number
)


def _at(line: int, what: str, *, code: str) -> TableInvalid:
    return TableInvalid(
        f"Line {line} of the file {what}.",
        code=code,
        hint="Write one JSON object per line, in UTF-8.",
        params={"line": line},
    )


def _refused(message: str, *, code: str) -> TableInvalid:
    return TableInvalid(message, code=code, hint="Bring a shorter file.")
