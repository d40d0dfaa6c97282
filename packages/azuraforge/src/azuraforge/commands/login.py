"""`azuraforge login`, `logout` and `whoami`: with which key the command speaks to which platform."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import click

from azuraforge.connection import Target, connect, find_url, target_options
from azuraforge.errors import CommandError, UsageMistake
from azuraforge.locales import Texts
from azuraforge.stored_keys import forget_key, key_file, read_keys, store_key
from azuraforge_contracts import Role, SessionRead

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@click.command(short_help="Keep an API key for a platform.")
@click.option("--url", envvar="AZURAFORGE_URL", help="Address of the platform; the last one without it.")
@click.pass_obj
def login(texts: Texts, *, url: str | None) -> None:
    """Ask for an API key, check it, and keep it in a file that only you can read.

    The key comes from the terminal without being shown, or from standard input: azuraforge login < key.txt
    """
    file = key_file(os.environ)
    address = (url or read_keys(file).current).rstrip("/")
    if not address:
        raise UsageMistake(texts("login_url_missing"), remedy=texts("login_url_remedy"))
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise UsageMistake(texts("login_plain", url=address), remedy=texts("login_plain_remedy"))
    if sys.stdin.isatty():
        key = click.prompt(texts("login_prompt", url=address), hide_input=True, err=True)
    else:
        key = sys.stdin.readline()
    key = str(key).strip()
    with connect(Target(url=address, key=key), environ={}, texts=texts) as client:
        found = client.who()
    store_key(file, url=address, key=key)
    click.echo(texts("login_stored", name=found.user, file=file), err=True)


@click.command(short_help="Forget the API key of a platform.")
@click.option("--url", envvar="AZURAFORGE_URL", help="Address of the platform; the last one without it.")
@click.pass_obj
def logout(texts: Texts, *, url: str | None) -> None:
    """Forget a key that login kept; it stays good until it is revoked."""
    file = key_file(os.environ)
    address = (url or read_keys(file).current).rstrip("/")
    if not forget_key(file, url=address):
        raise CommandError(texts("not_logged_in", url=address or "?"), remedy=texts("login_url_remedy"))
    click.echo(texts("logged_out", url=address), err=True)


@click.command(short_help="Say who the command speaks for, and where.")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def whoami(texts: Texts, *, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Print who the key stands for and what it may do."""
    target = Target(url=url, key=key, home=home)
    with connect(target, environ=os.environ, texts=texts) as client:
        found = client.who()
        names = {} if is_json else {one.id: one.name for one in client.projects.list(has_archived=True)}
    if is_json:
        click.echo(found.model_dump_json())
        return
    where = find_url(target, environ=os.environ)
    click.echo(texts("signed_in_as", name=found.user, url=where, how=_how(found, texts)))
    if found.is_admin and found.user_id:
        click.echo(texts("platform_admin"))
    for one in found.projects:
        name = names.get(one.project, one.project)
        click.echo(texts("role_line", role=say_role(one.role, texts=texts), project=name))


def say_role(role: Role, *, texts: Texts) -> str:
    """A role in the user's language."""
    return texts(f"role_{role.value}")


def _how(found: SessionRead, texts: Texts) -> str:
    if found.kind == "api_key":
        return texts("how_api_key", scopes=", ".join(found.scopes))
    return texts("how_owner_key" if found.kind == "owner_key" else "how_session")
