"""A config that pydantic refuses, in the words of the contracts: pointer, code, sentence, limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from azuraforge_contracts import FieldProblem

CODES: Final[Mapping[str, str]] = {
    "enum": "enum",
    "extra_forbidden": "additional",
    "finite_number": "type",
    "greater_than": "minimum",
    "greater_than_equal": "minimum",
    "less_than": "maximum",
    "less_than_equal": "maximum",
    "literal_error": "enum",
    "missing": "required",
    "multiple_of": "multiple_of",
    "string_pattern_mismatch": "format",
    "string_too_long": "max_length",
    "string_too_short": "min_length",
    "too_long": "max_items",
    "too_short": "min_items",
    "union_tag_invalid": "enum",
    "union_tag_not_found": "required",
    "value_error": "format",
}
"""pydantic's error type → the contracts' code; what is not here is a wrong `type`."""

LIMITS: Final[Mapping[str, str]] = {
    "ge": "limit",
    "gt": "limit",
    "le": "limit",
    "lt": "limit",
    "max_length": "limit",
    "min_length": "limit",
    "multiple_of": "limit",
    "expected": "expected",
    "expected_tags": "expected",
    "pattern": "pattern",
}

MISSING: Final = object()


def list_problems(error: ValidationError, *, value: Mapping[str, Any]) -> list[FieldProblem]:
    """One problem per refused field of `value`; pointers are relative to the config."""
    return [
        FieldProblem(
            pointer=pointer_to(_in_document(entry["loc"], value=value)),
            code=CODES.get(entry["type"], "type"),
            message=entry["msg"],
            params=_params(entry.get("ctx", {})),
        )
        for entry in error.errors(include_url=False, include_input=False)
    ]


def pointer_to(parts: Iterable[str | int]) -> str:
    """RFC 6901 pointer of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _in_document(location: tuple[str | int, ...], *, value: object) -> list[str | int]:
    """`location` without the union tags that pydantic puts between the fields of the document."""
    path: list[str | int] = []
    here: object = value
    for place, part in enumerate(location):
        inner = _inside(here, part)
        if inner is MISSING and place < len(location) - 1:
            continue
        here = inner
        path.append(part)
    return path


def _inside(value: object, part: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(part, MISSING)
    if isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
        return value[part]
    return MISSING


def _params(context: Mapping[str, Any]) -> dict[str, str | float | int | bool | list[str] | None]:
    return {LIMITS[name]: _plain(limit) for name, limit in context.items() if name in LIMITS}


def _plain(limit: object) -> str | float | int:
    return limit if isinstance(limit, str | float | int) else str(limit)
