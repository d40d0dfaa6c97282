"""What people call users, projects and keys: one line that looks like what it is."""

from __future__ import annotations

import unicodedata

from azuraforge_api.errors import BodyRefused
from azuraforge_contracts import MAX_NAME_CHARACTERS, ErrorCode, FieldProblem


def clean_name(text: str) -> str:
    """`text` in one spelling: composed characters, single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def read_name(text: str, *, pointer: str = "/name") -> str:
    """A name that may be stored, in one spelling.

    Raises:
        BodyRefused: it is empty, too long, or holds characters that do not show: two names could look the same.
    """
    name = clean_name(text)
    if not name:
        raise _refused("required", "A name needs at least one letter or digit.", pointer)
    if len(name) > MAX_NAME_CHARACTERS:
        raise _refused("max_length", f"May have at most {MAX_NAME_CHARACTERS} characters.", pointer)
    if any(unicodedata.category(one).startswith("C") for one in name):
        raise _refused("format", "Holds a character that does not show.", pointer)
    if not any(one.isalnum() for one in name):
        raise _refused("format", "A name needs at least one letter or digit.", pointer)
    return name


def _refused(code: str, message: str, pointer: str) -> BodyRefused:
    field = FieldProblem(pointer=pointer, code=code, message=message, params={"limit": MAX_NAME_CHARACTERS})
    return BodyRefused(ErrorCode.REQUEST_INVALID, "The name cannot be used.", hint="Choose another.", errors=[field])
