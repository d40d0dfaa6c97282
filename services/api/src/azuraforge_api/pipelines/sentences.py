"""The English sentence of each rule that a config can break; interfaces say it from code and params themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_KINDS: Final[Mapping[str, str]] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}

_SENTENCES: Final[Mapping[str, str]] = {
    "additional": "There is no such field here.",
    "ambiguous": "This fits more than one of the forms that are allowed here.",
    "exclusive_maximum": "Must be less than {limit}.",
    "exclusive_minimum": "Must be greater than {limit}.",
    "format": "Is not written as a {limit}.",
    "max_items": "Holds more than {limit} entries.",
    "max_length": "Is longer than {limit} characters.",
    "max_properties": "Holds more than {limit} entries.",
    "maximum": "Must be at most {limit}.",
    "min_items": "Needs at least {limit} entries.",
    "min_length": "Needs at least {limit} characters.",
    "min_properties": "Needs at least {limit} entries.",
    "minimum": "Must be at least {limit}.",
    "multiple_of": "Must be a multiple of {limit}.",
    "pattern": "Is not written in the form that is expected here.",
    "required": "Is missing.",
    "unique_items": "Holds an entry twice.",
}


def say(code: str, params: Mapping[str, Any]) -> str:
    """One sentence, without what was sent."""
    if code == "type":
        return f"Must be {' or '.join(_KINDS.get(kind, kind) for kind in params.get('types', []))}."
    if code == "enum":
        return f"Must be one of: {', '.join(params.get('choices', []))}."
    return _SENTENCES.get(code, "Breaks the rule '{code}'.").format(code=code, **params)
