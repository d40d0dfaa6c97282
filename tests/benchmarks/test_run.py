"""What `make bench` counts as a benchmark, and as its result."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from run import FOLDER, benchmarks, result_of


def test_scripts_that_only_help_are_no_benchmarks() -> None:
    names = benchmarks()

    assert "engine_step" in names
    assert not {"run", "running_platform", "engine_table"} & set(names)


@pytest.mark.parametrize(
    "line", ["", "done", "[1]", '{"ratio": 1}', '{"benchmark": "x"}', '{"benchmark": "x", "value": 1}']
)
def test_a_last_line_that_is_no_result_is_refused(line: str) -> None:
    assert result_of(line) is None


@pytest.mark.parametrize("line", ['{"benchmark": "x", "ratio": 1}', '{"benchmark": "x", "value": 1, "unit": "s"}'])
def test_a_result_is_a_ratio_or_a_value_with_its_unit(line: str) -> None:
    assert result_of(line) is not None


@pytest.mark.parametrize("path", sorted(FOLDER.glob("engine_*.py")), ids=lambda path: path.stem)
def test_every_engine_benchmark_opens_with_its_question(path: Path) -> None:
    document = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""

    assert "?" in document.splitlines()[0] or path.stem == "engine_table"
