"""The page about accidents says what the code does: the arrows, and every row of `make chaos`."""

from __future__ import annotations

import re
from pathlib import Path

from chaos_rows import ROWS
from other_rows import OTHER_ROWS

from azuraforge_ledger.states import draw

PAGE = (Path(__file__).parents[2] / "docs/explanation/recovery.md").read_text(encoding="utf-8")


def test_the_page_lists_every_arrow() -> None:
    (listed,) = re.findall(r"```states\n(.*?)\n```", PAGE, re.DOTALL)
    assert listed == draw()


def test_the_table_has_every_row_of_make_chaos() -> None:
    shown = re.findall(r"^\| ([a-z-]+) \|", PAGE, re.MULTILINE)
    assert set(shown) - {"row"} == {row.name for row in (*ROWS, *OTHER_ROWS)}
