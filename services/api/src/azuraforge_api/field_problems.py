"""Wrong fields in one vocabulary, whoever found them: a pointer, a code, a sentence, the rule's numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from azuraforge_contracts import FieldProblem

MAX_POINTER_CHARACTERS = 300

_PYDANTIC_CODES: Final[Mapping[str, str]] = {
    "missing": "required",
    "extra_forbidden": "additional",
    "string_too_short": "min_length",
    "string_too_long": "max_length",
    "string_pattern_mismatch": "pattern",
    "greater_than_equal": "minimum",
    "greater_than": "exclusive_minimum",
    "less_than_equal": "maximum",
    "less_than": "exclusive_maximum",
    "enum": "enum",
    "literal_error": "enum",
    "value_error": "format",
}
_PARAMS: Final = ("ge", "gt", "le", "lt", "min_length", "max_length", "expected")


def pointer_of(path: Iterable[str | int]) -> str:
    """RFC 6901 pointer of a path; keys that a client chose are cut so that an answer stays small."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    pointer = "".join(f"/{step}" for step in steps)
    clean = pointer.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= MAX_POINTER_CHARACTERS else clean[: MAX_POINTER_CHARACTERS - 1] + "…"


def from_pydantic(errors: Sequence[Mapping[str, Any]], *, in_body: bool = False) -> list[FieldProblem]:
    """One entry per field from pydantic's own list.

    Query, path and header values get pointers such as `/query/after`; body fields start at the body's root.
    """
    found: dict[str, FieldProblem] = {}
    for error in errors:
        location = tuple(error["loc"])
        if not in_body and location and location[0] == "body":
            location = location[1:]
        kind = str(error["type"])
        code = _PYDANTIC_CODES.get(kind, "type" if re.search(r"_(type|parsing|from_float)$", kind) else kind)
        pointer = pointer_of(location)
        context = error.get("ctx") or {}
        params = {name: context[name] for name in _PARAMS if isinstance(context.get(name), str | int | float)}
        found.setdefault(pointer, FieldProblem(pointer=pointer, code=code, message=f"{error['msg']}.", params=params))
    return list(found.values())
