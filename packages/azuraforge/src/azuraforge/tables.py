"""Lists in the terminal: a table for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from azuraforge.locales import Texts
from azuraforge_contracts import Message


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, texts: Texts) -> None:
    """Print rows under the words of their columns; one sentence where there are none."""
    console, listed = Console(highlight=False), list(rows)
    if not listed:
        console.print(texts("nothing_yet"), style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(texts(f"column_{name}"), overflow="fold")
    for row in listed:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def say_time(moment: datetime | None, *, otherwise: str = "") -> str:
    """A moment in the clock of this machine."""
    return otherwise if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def print_json(items: Sequence[Message]) -> None:
    """One JSON object per line."""
    for item in items:
        click.echo(item.model_dump_json())
