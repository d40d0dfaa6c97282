"""`azuraforge link`."""

from __future__ import annotations

import json
import os
import webbrowser

import click

from azuraforge.connection import Target, connect, target_options
from azuraforge.locales import Texts
from azuraforge.tables import say_time


@click.command(short_help="Print a one-time sign-in link.")
@target_options
@click.option("--user", metavar="NAME", help="Whom it signs in; without it the first admin.")
@click.option("--open", "is_opening", is_flag=True, help="Open it in a browser.")
@click.option("--json", "is_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def command(
    texts: Texts,
    *,
    url: str | None,
    key: str | None,
    home: str | None,
    user: str | None,
    is_opening: bool,
    is_json: bool,
) -> None:
    """Print a link that signs one browser in, once; while there is no account, one that makes the first."""
    with connect(Target(url=url, key=key, home=home, is_owner=True), environ=os.environ, texts=texts) as client:
        created = client.create_link(user=user)
        link = client.address_of(created)
    if is_json:
        said = {"link": link, "purpose": created.purpose, "user": created.user}
        click.echo(json.dumps({**said, "expires_at": created.expires_at.isoformat()}))
    else:
        click.echo(link)
        until = say_time(created.expires_at)
        click.echo(texts(f"link_{created.purpose}", user=created.user, until=until), err=True)
    if is_opening:
        webbrowser.open(link)
