"""The code on the page about graph documents runs as it is written, and its limits are those of the code."""

import re
from pathlib import Path

from azuraforge_learner.layers import graph_document as limits
from azuraforge_learner.layers.spec import MAX_SIZE

PAGE = Path(__file__).parents[2] / "docs/reference/graph.md"


def test_the_blocks_run_one_after_the_other() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)  # our own file, read from the repository


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z][^|]*) \| ([0-9,]+)(?: deep)? \|$", text, flags=re.MULTILINE))
    numbers = [int(number.replace(",", "")) for number in rows.values()]
    assert numbers == [limits.MAX_NODES, limits.MAX_PARAMETERS, limits.MAX_ANSWER, limits.MAX_DEPTH, MAX_SIZE]
