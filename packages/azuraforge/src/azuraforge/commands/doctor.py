"""`azuraforge doctor`."""

from __future__ import annotations

import json
import os

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from azuraforge.doctor import Finding, Level, Patient, examine
from azuraforge.errors import ExitStatus
from azuraforge.home import find_home
from azuraforge.locales import Texts

STYLES = {Level.GOOD: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


@click.command(short_help="Say what is wrong with this installation.")
@click.option("--home", metavar="FOLDER", help="Data folder (AZURAFORGE_HOME, else ~/.azuraforge).")
@click.option("--host", envvar="AZURAFORGE_HOST", default="127.0.0.1", help="Address that `up` would listen on.")
@click.option("--port", envvar="AZURAFORGE_PORT", type=click.IntRange(0, 65535), default=8620, help="Its port.")
@click.option("--json", "is_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def command(texts: Texts, *, home: str | None, host: str, port: int, is_json: bool) -> int:
    """Look at ports, disk, versions, database, broker, device and permissions; 1 when something is wrong."""
    patient = Patient(home=find_home(os.environ, chosen=home), environ=os.environ, host=host, port=port, texts=texts)
    findings = examine(patient)
    problems = [finding for finding in findings if finding.level is Level.PROBLEM]
    if is_json:
        click.echo(json.dumps(_as_json(findings), ensure_ascii=False))
    else:
        _show(findings, texts=texts)
    return ExitStatus.FAILED if problems else ExitStatus.DONE


def _as_json(findings: list[Finding]) -> dict[str, object]:
    rows = [{"check": one.check, "level": one.level, "text": one.text, "remedy": one.remedy} for one in findings]
    return {"is_good": all(one.level is not Level.PROBLEM for one in findings), "findings": rows}


def _show(findings: list[Finding], *, texts: Texts) -> None:
    console = Console(highlight=False)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in findings:
        said = Text(one.text)
        if one.remedy:
            said.append(f"\n{one.remedy}", style="dim")
        table.add_row(Text(texts(f"doctor_{one.check}"), style=STYLES[one.level]), said)
    console.print(table)
    bad = sum(one.level is not Level.GOOD for one in findings)
    console.print(texts("doctor_bad", count=bad) if bad else texts("doctor_good"), style="yellow" if bad else "green")
