"""`azuraforge audit`."""

from __future__ import annotations

import json
import os

import click

from azuraforge.connection import Target, connect, target_options
from azuraforge.locales import Texts
from azuraforge.tables import print_json, say_time, show_table
from azuraforge_contracts import AuditAction


@click.command(short_help="Who did what, newest first.")
@target_options
@click.option("--action", type=click.Choice([one.value for one in AuditAction]), help="Only this.")
@click.option("--subject", metavar="ID", help="Only what was done to this.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object per entry.")
@click.pass_obj
def command(
    texts: Texts,
    *,
    url: str | None,
    key: str | None,
    home: str | None,
    action: str | None,
    subject: str | None,
    limit: int,
    is_json: bool,
) -> None:
    """Print the newest entries of the audit log, for admins of the platform."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        page = client.audit.list(action=action, subject=subject, limit=limit)
    if is_json:
        print_json(page.items)
        return
    rows = [
        (
            say_time(one.at),
            one.actor_name or one.actor,
            " ".join((str(one.action), json.dumps(one.detail, ensure_ascii=False) if one.detail else "")).strip(),
            one.subject,
            one.address,
        )
        for one in page.items
    ]
    show_table(("at", "actor", "action", "subject", "address"), rows, texts=texts)
