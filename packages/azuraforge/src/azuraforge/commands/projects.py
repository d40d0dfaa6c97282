"""`azuraforge projects`."""

from __future__ import annotations

import os

import click

from azuraforge.commands.login import say_role
from azuraforge.connection import Target, connect, target_options
from azuraforge.errors import CommandError
from azuraforge.locales import Texts
from azuraforge.tables import print_json, say_time, show_table
from azuraforge_client import Client
from azuraforge_contracts import ProjectRead, Role


@click.group(short_help="Projects and who may do what in them.")
def command() -> None:
    """Projects and who may do what in them."""


@command.command("list")
@target_options
@click.option("--all", "has_archived", is_flag=True, help="The archived ones too.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object per project.")
@click.pass_obj
def list_projects(
    texts: Texts, *, url: str | None, key: str | None, home: str | None, has_archived: bool, is_json: bool
) -> None:
    """List the projects that you can see."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.projects.list(has_archived=has_archived)
    if is_json:
        print_json(found)
        return
    rows = [
        (one.name, "" if one.role is None else say_role(one.role, texts=texts), one.id, say_time(one.archived_at))
        for one in found
    ]
    show_table(("name", "role", "id", "archived"), rows, texts=texts)


@command.command()
@click.argument("name")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print the project as JSON.")
@click.pass_obj
def add(texts: Texts, *, name: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Make a project; you become its admin."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        made = client.projects.create(name)
    click.echo(made.model_dump_json() if is_json else texts("project_made", name=made.name))


@command.command()
@click.argument("project")
@target_options
@click.option("--rename", metavar="NAME", help="Another name.")
@click.option("--archive/--restore", "is_archived", default=None, help="Take nothing new, or take it again.")
@click.option("--json", "is_json", is_flag=True, help="Print the project as JSON.")
@click.pass_obj
def change(
    texts: Texts,
    *,
    project: str,
    url: str | None,
    key: str | None,
    home: str | None,
    rename: str | None,
    is_archived: bool | None,
    is_json: bool,
) -> None:
    """Rename, archive or restore PROJECT (a name or an id)."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = find_project(client, project, texts=texts)
        changed = client.projects.change(found.id, name=rename, is_archived=is_archived)
    click.echo(changed.model_dump_json() if is_json else texts("project_changed", name=changed.name))


@command.command()
@click.argument("project")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object per member.")
@click.pass_obj
def members(texts: Texts, *, project: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """List who has a role in PROJECT."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.projects.list_members(find_project(client, project, texts=texts).id)
    if is_json:
        print_json(found)
    else:
        rows = [(one.name, say_role(one.role, texts=texts)) for one in found]
        show_table(("user", "role"), rows, texts=texts)


@command.command()
@click.argument("project")
@click.argument("user")
@click.argument("role", type=click.Choice([*(one.value for one in Role), "none"]))
@target_options
@click.pass_obj
def grant(
    texts: Texts, *, project: str, user: str, role: str, url: str | None, key: str | None, home: str | None
) -> None:
    """Give USER a ROLE in PROJECT, another one, or none; it holds at once."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = find_project(client, project, texts=texts)
        if role != "none":
            member = client.projects.put_member(found.id, user=user, role=role)
            said = say_role(member.role, texts=texts)
            click.echo(texts("member_put", name=member.name, role=said, project=found.name))
            return
        listed = client.projects.list_members(found.id)
        mine = [one for one in listed if user.casefold() in {one.user, one.name.casefold()}]
        if not mine:
            raise CommandError(texts("user_unknown", name=user), remedy=texts("user_unknown_remedy"))
        client.projects.remove_member(found.id, user_id=mine[0].user)
    click.echo(texts("member_removed", name=mine[0].name, project=found.name))


def find_project(client: Client, name: str, *, texts: Texts) -> ProjectRead:
    """The project of this name or id among those that can be seen.

    Raises:
        CommandError: there is none.
    """
    for one in client.projects.list(has_archived=True):
        if name.casefold() in {one.id, one.name.casefold()}:
            return one
    raise CommandError(texts("project_unknown", name=name), remedy=texts("project_unknown_remedy"))
