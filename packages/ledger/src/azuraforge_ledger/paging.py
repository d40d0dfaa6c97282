"""Pages of the list: newest first, each page begins after the last row of the one before (keyset)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final, NamedTuple

from azuraforge_contracts import is_id
from azuraforge_ledger.errors import CursorInvalid

_LONGEST: Final = 200
_LATEST: Final = 2**53


class Position(NamedTuple):
    """A row's place in the order: creation in milliseconds, then id."""

    created_at: int
    task_id: str


def write_cursor(position: Position) -> str:
    """Opaque text for `position`."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode()


def read_cursor(cursor: str) -> Position:
    """The position that `cursor` stands for.

    Raises:
        CursorInvalid: no page returned this text.
    """
    if len(cursor) > _LONGEST:
        raise CursorInvalid
    try:
        found: Any = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise CursorInvalid from error
    match found:
        case [int(created_at), str(task_id)] if 0 <= created_at < _LATEST and is_id(task_id):
            position = Position(int(created_at), task_id)
        case _:
            raise CursorInvalid
    if write_cursor(position) != cursor:  # JSON has many ways to write one position, the ledger one
        raise CursorInvalid
    return position
