from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from azuraforge_contracts import new_id
from azuraforge_ledger import CursorInvalid
from azuraforge_ledger.paging import Position, read_cursor, write_cursor

TASK_ID = new_id()


@given(st.integers(min_value=0, max_value=2**53 - 1))
def test_a_cursor_comes_back(created_at: int) -> None:
    position = Position(created_at, TASK_ID)
    assert read_cursor(write_cursor(position)) == position


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@given(st.one_of(st.text(), st.text(st.characters(codec="utf-8")).map(_encoded)))
@example("")
@example("\x00")
@example("\ud800")
@example("a" * 100_000)
@example(_encoded("[" * 100))
@example(_encoded("1e999"))
@example(_encoded(f'[true,"{TASK_ID}"]'))
@example(_encoded(f'[-1,"{TASK_ID}"]'))
@example(_encoded(f'[{2**53},"{TASK_ID}"]'))
@example(_encoded(f'[1, "{TASK_ID}"]'))
@example(_encoded(f'[1,"{TASK_ID.upper()}"]'))
@example(_encoded('[1,"x"]'))
@example(_encoded("9" * 5000))
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        read_cursor(cursor)
