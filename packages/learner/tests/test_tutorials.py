"""Every tutorial runs as it is written: the blocks of a page one after the other, in one namespace."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


def blocks_of(page: Path) -> list[str]:
    """Python blocks, each with as many empty lines before it that an error names the line of the page."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    return ["\n" * text[: block.start(1)].count("\n") + block.group(1) for block in found]


def test_there_is_a_tutorial() -> None:
    assert [page.name for page in PAGES] != []


@pytest.mark.parametrize("page", [page for page in PAGES if "azuraforge_" in page.read_text(encoding="utf-8")], ids=str)
def test_the_blocks_of_a_page_run_one_after_the_other(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "tutorial"}
    for block in blocks_of(page):
        exec(compile(block, str(page), "exec"), names)  # our own page, read from the repository
    assert list(tmp_path.iterdir()) == []  # a page leaves nothing behind


def test_a_block_that_fails_names_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\nx = 1\nassert x == 2\n```\n", encoding="utf-8")
    (block,) = blocks_of(page)
    with pytest.raises(AssertionError) as failure:
        exec(compile(block, str(page), "exec"), {})
    assert failure.tb is not None
    assert failure.traceback[-1].lineno + 1 == 5
