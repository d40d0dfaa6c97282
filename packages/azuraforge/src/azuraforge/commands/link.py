"""`azuraforge link`."""

from __future__ import annotations

import json
import os
import webbrowser

import click

from azuraforge.connection import Target, connect, target_options
from azuraforge.locales import Texts


@click.command(short_help="Print a new one-time sign-in link.")
@target_options
@click.option("--open", "is_opening", is_flag=True, help="Open it in a browser.")
@click.option("--json", "is_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def command(
    texts: Texts, *, url: str | None, key: str | None, home: str | None, is_opening: bool, is_json: bool
) -> None:
    """Print a link that signs one browser in, once."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        link = client.sign_in_link()
    click.echo(json.dumps({"link": link}) if is_json else link)
    if is_opening:
        webbrowser.open(link)
