"""JSON as the RFC has it and PostgreSQL can store it: every liberty that Python's reader takes is refused.

Refused with a pointer: NaN and infinities (spelt out, or by overflow such as 1e999), integers beyond 64 bits,
duplicate keys, lone surrogates, NUL in text, and in keys and names whatever shows as something else than it is: control
characters, and those that turn the direction of writing. Refused without one: wrong syntax, wrong encoding, nesting
over the limit.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from azuraforge_api.field_problems import pointer_of
from azuraforge_contracts import FieldProblem

MAX_DEPTH = 64
_MAX_INTEGER = 2**63 - 1
_MAX_INTEGER_CHARACTERS = 20

# Possessive, and an unterminated string swallows the rest: the scan is linear whatever is sent.
# A file in a config may hold any letter; a name is shown beside other text, in pages and in logs.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_LINE_BREAKS = re.compile(r"[\t\n\r]")
_ONE_LINE = frozenset({"name", "title", "user", "pipeline", "actor"})
_FREE = frozenset({"changes", "config", "current_password", "new_password", "password"})
"""Members of a request whose text is the user's own affair."""

_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)

_SENTENCES = {
    "number_not_finite": "This number is not finite. JSON numbers are finite and at most about 1.8e308.",
    "integer_too_large": "This integer does not fit in 64 bits.",
    "duplicate_key": "This key stands twice in one object.",
    "text_not_unicode": "This text holds half of a surrogate pair, which is not a character.",
    "text_not_printable": "This text holds a control character, or one that turns the direction of writing.",
    "text_has_nul": "This text holds the character NUL, which cannot be stored.",
}


class JsonRefused(ValueError):
    """The text is not JSON that can be used; `errors` point at values where there is something to point at."""

    def __init__(self, detail: str, errors: list[FieldProblem] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []


@dataclass(frozen=True)
class _Wrong:
    code: str


def parse_strict(body: bytes) -> Any:
    """Parse one JSON document.

    Raises:
        JsonRefused: it is not UTF-8, not JSON, nested too deep, or holds values that are refused.
    """
    if not body.strip():
        raise JsonRefused("The body is empty; a JSON object is expected.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonRefused("The body is not UTF-8.") from None
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonRefused(f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    problems: list[FieldProblem] = []
    _find_wrong(value, (), problems)
    if problems:
        raise JsonRefused("The body holds values that JSON or the ledger cannot carry.", problems)
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = text[match.start()]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonRefused(f"The body is nested deeper than {MAX_DEPTH} levels.")
        elif mark in "]}":
            depth -= 1


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Wrong("duplicate_key") if key in found else value
    return found


def _read_float(text: str) -> float | _Wrong:
    value = float(text)
    return value if math.isfinite(value) else _Wrong("number_not_finite")


def _read_integer(text: str) -> int | _Wrong:
    if len(text) > _MAX_INTEGER_CHARACTERS:
        return _Wrong("integer_too_large")
    value = int(text)
    return value if -_MAX_INTEGER - 1 <= value <= _MAX_INTEGER else _Wrong("integer_too_large")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_float=_read_float,
    parse_int=_read_integer,
    parse_constant=lambda _: _Wrong("number_not_finite"),
)


def _find_wrong(value: Any, path: tuple[str | int, ...], problems: list[FieldProblem]) -> None:
    """Collect what the reader marked and what text may not hold; depth is already bounded."""
    if len(problems) >= 100:
        return
    if isinstance(value, _Wrong):
        _report(value.code, path, problems)
    elif isinstance(value, str):
        is_name = not _FREE.intersection(path[:1])
        _check_text(value, path, problems, is_name=is_name)
        if is_name and path and path[-1] in _ONE_LINE and _LINE_BREAKS.search(value):
            _report("text_not_printable", path, problems)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, int | float | bool | None):
                _find_wrong(item, (*path, index), problems)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, (*path, key), problems, is_name=True)
            _find_wrong(item, (*path, key), problems)


def _check_text(text: str, path: tuple[str | int, ...], problems: list[FieldProblem], *, is_name: bool) -> None:
    if "\x00" in text:
        _report("text_has_nul", path, problems)
    elif is_name and _UNPRINTABLE.search(text):
        _report("text_not_printable", path, problems)
    elif not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            _report("text_not_unicode", path, problems)


def _report(code: str, path: tuple[str | int, ...], problems: list[FieldProblem]) -> None:
    pointer = _UNPRINTABLE.sub("�", pointer_of(path))
    problems.append(FieldProblem(pointer=pointer, code=code, message=_SENTENCES[code]))
