"""What `azuraforge up` shows when it is ready: `python -m azuraforge.welcome`, a child that ends.

On the first start it trains the sample experiment in the terminal; then it prints the link to the first account, or
the address where there are accounts.
"""

from __future__ import annotations

import os
import signal
import sys
import webbrowser

import click
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from azuraforge.connection import Target, connect, find_results
from azuraforge.errors import CommandError, ExitStatus
from azuraforge.locales import Language, Texts
from azuraforge.sample import find_sample
from azuraforge.score_view import show_score
from azuraforge.training_view import show_training
from azuraforge_client import Client, Conflict


@click.command()
@click.option("--language", type=click.Choice([one.value for one in Language]), default=Language.EN.value)
@click.option("--seconds", type=float, default=0.0)
@click.option("--open", "is_opening", is_flag=True)
@click.option("--quiet", is_flag=True)
@click.option("--sample/--no-sample", "is_sample", default=None)
def command(*, language: str, seconds: float, is_opening: bool, quiet: bool, is_sample: bool | None) -> None:
    """Welcome the user of a platform that has just become ready."""
    texts = Texts(Language(language))
    console = Console(highlight=False)
    try:
        with connect(Target(is_owner=True), environ=os.environ, texts=texts) as client:
            if is_sample or (is_sample is None and client.experiments.list(limit=1).total == 0):
                _train_sample(client, console=console, texts=texts)
            link, said = _find_way_in(client, texts=texts)
        if quiet:
            click.echo(link)
        else:
            _show_link(link, said, seconds=seconds, console=console, texts=texts)
        if is_opening:
            webbrowser.open(link)
    except CommandError as error:
        console.print(Text(str(error), style="yellow"))
        sys.exit(error.status)
    except KeyboardInterrupt:
        sys.exit(ExitStatus.INTERRUPTED)


def _train_sample(client: Client, *, console: Console, texts: Texts) -> None:
    """A sample that does not succeed is told and does not keep the link from the user."""
    console.print(Text(texts("first_start"), style="bold"))
    try:
        manifest = find_sample(client, texts=texts)
        accepted = client.experiments.start(manifest.name, manifest.sample, name=texts("sample_name"))
        ended = show_training(client.experiments.watch(accepted.task_id), console=console, texts=texts)
        if ended is not None:
            show_score(ended, find_results(client, accepted.task_id), console=console, texts=texts)
    except CommandError as error:
        console.print(Text(str(error), style="yellow"))


def _find_way_in(client: Client, *, texts: Texts) -> tuple[str, str]:
    """Where to go and what for: a link while nobody has an account, else the plain address."""
    try:
        return client.address_of(client.create_link(purpose="setup")), texts("open_setup")
    except Conflict:
        return f"{client.url}/", texts("open_address")


def _show_link(link: str, said: str, *, seconds: float, console: Console, texts: Texts) -> None:
    title = Text(texts("ready"), style="bold green")
    console.print(Panel(Text(said), title=title, subtitle=_speed(seconds, texts), border_style="green", expand=False))
    # Not inside the panel: a line that a frame breaks cannot be clicked or copied.
    console.print(Text(f"  {link}", style=f"bold cyan link {link}"), soft_wrap=True)
    console.print(Text(f"  {texts('stop_hint')}", style="dim"))


def _speed(seconds: float, texts: Texts) -> Text | None:
    return Text(texts("ready_in", seconds=f"{seconds:.1f}"), style="dim") if seconds else None


def _end_like_ctrl_c(*_: object) -> None:
    """A polite end also puts the cursor back that a progress bar has hidden."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end_like_ctrl_c)
    command(standalone_mode=False)
