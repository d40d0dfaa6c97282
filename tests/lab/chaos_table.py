"""The table of `make chaos`, in Markdown, so that it can be put into a page as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    """One row: what was wanted, what was measured, whether it was met, and what came of the planted faults."""

    name: str
    goal: str
    figure: str
    is_met: bool
    faults: Sequence[str] = field(default_factory=tuple)


def show(lines: Sequence[Line], *, has_head: bool = True) -> str:
    """The table."""
    head = ["| row | goal | measured | verdict | planted faults |", "|---|---|---|---|---|"] if has_head else []
    return "\n".join(head + [_row(line) for line in lines])


def _row(line: Line) -> str:
    cells = [line.name, line.goal, line.figure, "met" if line.is_met else "MISSED", "; ".join(line.faults) or "none"]
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"
