"""Cursors of a list in any order: the value of the last row that was shown, its id, and the order itself."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final, NamedTuple

from azuraforge_contracts import is_id
from azuraforge_ledger.errors import CursorInvalid

_LONGEST: Final = 500
_LARGEST: Final = 2**53
Value = int | float | str | None


class OrderPosition(NamedTuple):
    """A row's place in an order: its value there, then its id."""

    by: str
    is_descending: bool
    value: Value
    task_id: str


def write_order_cursor(position: OrderPosition) -> str:
    """Opaque text for `position`."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":"), allow_nan=False).encode()).decode()


def read_order_cursor(cursor: str) -> OrderPosition:
    """The position that `cursor` stands for; whether its value fits its order is the order's business.

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
        case [str(by), bool(is_descending), int() | float() | str() | None as value, str(task_id)] if is_id(task_id):
            position = OrderPosition(by, is_descending, value, task_id)
        case _:
            raise CursorInvalid
    if isinstance(value, int) and not -_LARGEST < value < _LARGEST:
        raise CursorInvalid
    if isinstance(value, float) and value - value != 0:  # Python's reader takes NaN and infinities
        raise CursorInvalid
    if write_order_cursor(position) != cursor:  # JSON has many ways to write one position, the ledger one
        raise CursorInvalid
    return position
