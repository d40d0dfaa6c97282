"""`azuraforge pipelines`."""

from __future__ import annotations

import os

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from azuraforge.connection import Target, connect, target_options
from azuraforge.errors import CommandError
from azuraforge.locales import Language, Texts
from azuraforge_contracts import Catalog, Localized


@click.command(short_help="What can be trained here.")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print the catalog as JSON, config schemas included.")
@click.pass_obj
def command(texts: Texts, *, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """List the pipelines that live workers offer."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        catalog = client.pipelines.list()
    if is_json:
        click.echo(catalog.model_dump_json())
        return
    _show(catalog, texts=texts)
    if not catalog.pipelines:
        raise CommandError(texts("no_pipelines"), remedy=texts("no_pipelines_remedy"))


def _show(catalog: Catalog, *, texts: Texts) -> None:
    console = Console(highlight=False)

    def say(text: Localized) -> str:
        return text.tr if texts.language is Language.TR else text.en

    if catalog.pipelines:
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column(texts("column_pipeline"), style="bold", no_wrap=True)
        table.add_column(texts("column_name"), no_wrap=True)
        table.add_column(texts("column_description"))
        for one in catalog.pipelines:
            table.add_row(one.name, say(one.title), say(one.description))
        console.print(table)
    for broken in catalog.broken:
        text = Text(texts("broken_app", name=broken.entry_point, error=broken.error), style="yellow")
        text.append(f" {broken.hint}" if broken.hint else "", style="dim")
        console.print(text)
