"""`azuraforge keys`."""

from __future__ import annotations

import os

import click

from azuraforge.commands.projects import find_project
from azuraforge.connection import Target, connect, target_options
from azuraforge.errors import CommandError
from azuraforge.locales import Texts
from azuraforge.tables import print_json, say_time, show_table
from azuraforge_client import Client
from azuraforge_contracts import KeyRead, Scope


@click.group(short_help="API keys for programs.")
def command() -> None:
    """API keys for programs."""


@command.command("list")
@target_options
@click.option("--all", "is_everybodys", is_flag=True, help="Everybody's, for admins of the platform.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object per key.")
@click.pass_obj
def list_keys(
    texts: Texts, *, url: str | None, key: str | None, home: str | None, is_everybodys: bool, is_json: bool
) -> None:
    """List your keys."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.keys.list(is_everybodys=is_everybodys)
    if is_json:
        print_json(found)
        return
    never = texts("never")
    rows = [
        (
            one.name,
            one.prefix,
            " ".join(one.scopes),
            one.user_name,
            say_time(one.expires_at, otherwise=never),
            say_time(one.used_at, otherwise=never),
        )
        for one in found
    ]
    show_table(("name", "prefix", "scopes", "user", "expires", "used"), rows, texts=texts)


@command.command()
@click.argument("name")
@target_options
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([one.value for one in Scope]),
    default=(Scope.READ.value,),
    show_default=True,
    help="What it may do, as far as you may. May be repeated.",
)
@click.option("--project", metavar="NAME", help="For this project alone.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; for ever without it.")
@click.option("--user", metavar="NAME", help="Whose it is; needed with the owner key, which is nobody's.")
@click.option("--json", "is_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def add(
    texts: Texts,
    *,
    name: str,
    url: str | None,
    key: str | None,
    home: str | None,
    scopes: tuple[str, ...],
    project: str | None,
    days: int | None,
    user: str | None,
    is_json: bool,
) -> None:
    """Make a key called NAME and print it, this once."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        where = None if project is None else find_project(client, project, texts=texts).id
        made = client.keys.create(name, scopes=scopes, project=where, expires_in_days=days, user=user)
    if is_json:
        click.echo(made.model_dump_json())
        return
    click.echo(texts("key_made"), err=True)
    click.echo(made.key)


@command.command()
@click.argument("name")
@target_options
@click.option("--all", "is_everybodys", is_flag=True, help="Look among everybody's, for admins of the platform.")
@click.pass_obj
def revoke(texts: Texts, *, name: str, url: str | None, key: str | None, home: str | None, is_everybodys: bool) -> None:
    """End the key NAME (a name, its beginning or its id) for good."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = _find_key(client, name, is_everybodys=is_everybodys, texts=texts)
        client.keys.revoke(found.id)
    click.echo(texts("key_revoked", name=found.name, prefix=found.prefix))


def _find_key(client: Client, name: str, *, is_everybodys: bool, texts: Texts) -> KeyRead:
    found = [one for one in client.keys.list(is_everybodys=is_everybodys) if name in {one.id, one.name, one.prefix}]
    if not found:
        raise CommandError(texts("key_unknown", name=name), remedy=texts("key_unknown_remedy"))
    if len(found) > 1:
        raise CommandError(texts("key_ambiguous", name=name), remedy=texts("key_unknown_remedy"))
    return found[0]
