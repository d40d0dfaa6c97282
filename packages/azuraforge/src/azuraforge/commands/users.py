"""`azuraforge users`, for admins of the platform."""

from __future__ import annotations

import os

import click

from azuraforge.commands.projects import find_project
from azuraforge.connection import Target, connect, target_options
from azuraforge.errors import CommandError
from azuraforge.locales import Texts
from azuraforge.tables import print_json, say_time, show_table
from azuraforge_client import Client
from azuraforge_contracts import LinkCreated, Role, UserRead


@click.group(short_help="Make, change and disable users.")
def command() -> None:
    """Make, change and disable users."""


@command.command("list")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object per user.")
@click.pass_obj
def list_users(texts: Texts, *, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """List every user."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.users.list()
    if is_json:
        print_json(found)
        return
    yes = texts("yes")
    rows = [
        (
            one.name,
            yes if one.is_admin else "",
            yes if one.has_password else "",
            say_time(one.created_at),
            say_time(one.disabled_at),
        )
        for one in found
    ]
    show_table(("name", "is_admin", "has_password", "since", "disabled"), rows, texts=texts)


@command.command()
@click.argument("name")
@target_options
@click.option("--admin", "is_admin", is_flag=True, help="Manages the whole platform.")
@click.option("--project", metavar="NAME", help="A project in which the user gets a role.")
@click.option("--role", type=click.Choice([one.value for one in Role]), default=Role.EDITOR.value, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print user and link as JSON.")
@click.pass_obj
def add(
    texts: Texts,
    *,
    name: str,
    url: str | None,
    key: str | None,
    home: str | None,
    is_admin: bool,
    project: str | None,
    role: str,
    is_json: bool,
) -> None:
    """Make a user and print the link with which NAME chooses a password."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        roles = {} if project is None else {find_project(client, project, texts=texts).id: Role(role)}
        created = client.users.create(name, is_admin=is_admin, roles=roles)
        if is_json:
            click.echo(created.model_dump_json())
            return
        click.echo(texts("user_made", name=created.user.name), err=True)
        if created.link is not None:
            show_link(client, created.link, texts=texts)


@command.command()
@click.argument("name")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print the link as JSON.")
@click.pass_obj
def reset(texts: Texts, *, name: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Print a link with which NAME chooses a new password."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        link = client.users.create_password_link(find_user(client, name, texts=texts).id)
        if is_json:
            click.echo(link.model_dump_json())
        else:
            show_link(client, link, texts=texts)


@command.command()
@click.argument("name")
@target_options
@click.option("--rename", metavar="NAME", help="Another name.")
@click.option("--admin/--no-admin", "is_admin", default=None, help="Manages the whole platform, or no longer.")
@click.option(
    "--disable/--enable", "is_disabled", default=None, help="Ends every session and stops every key, or allows again."
)
@click.option("--json", "is_json", is_flag=True, help="Print the user as JSON.")
@click.pass_obj
def change(
    texts: Texts,
    *,
    name: str,
    url: str | None,
    key: str | None,
    home: str | None,
    rename: str | None,
    is_admin: bool | None,
    is_disabled: bool | None,
    is_json: bool,
) -> None:
    """Change the user NAME; it holds at once."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = find_user(client, name, texts=texts)
        changed = client.users.change(found.id, name=rename, is_admin=is_admin, is_disabled=is_disabled)
    click.echo(changed.model_dump_json() if is_json else texts("user_changed", name=changed.name))


def find_user(client: Client, name: str, *, texts: Texts) -> UserRead:
    """The user of this name or id.

    Raises:
        CommandError: there is none.
    """
    for one in client.users.list():
        if name.casefold() in {one.id, one.name.casefold()}:
            return one
    raise CommandError(texts("user_unknown", name=name), remedy=texts("user_unknown_remedy"))


def show_link(client: Client, link: LinkCreated, *, texts: Texts) -> None:
    """The link on standard output, what it is for beside it."""
    click.echo(client.address_of(link))
    click.echo(texts(f"link_{link.purpose}", user=link.user, until=say_time(link.expires_at)), err=True)
