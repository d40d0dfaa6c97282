"""`azuraforge up`."""

from __future__ import annotations

import os

import click

from azuraforge.home import find_home
from azuraforge.locales import Texts
from azuraforge.up import UpOptions, run_up


@click.command(short_help="Start the platform and keep it running.")
@click.option("--home", metavar="FOLDER", help="Data folder (AZURAFORGE_HOME, else ~/.azuraforge).")
@click.option("--host", envvar="AZURAFORGE_HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    envvar="AZURAFORGE_PORT",
    type=click.IntRange(0, 65535),
    default=8620,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option("--open/--no-browser", "is_opening", default=False, help="Open the sign-in link in a browser.")
@click.option(
    "--sample/--no-sample",
    "is_sample",
    default=None,
    help="Train the sample experiment at start. Default: only when there is no experiment yet.",
)
@click.option("--quiet", is_flag=True, help="Print the sign-in link and nothing else.")
@click.pass_obj
def command(
    texts: Texts, *, home: str | None, host: str, port: int, is_opening: bool, is_sample: bool | None, quiet: bool
) -> int:
    """Start broker, API and worker under one data folder; Ctrl-C stops them all."""
    welcome = ["--language", texts.language.value]
    welcome += ["--open"] if is_opening else []
    welcome += ["--quiet"] if quiet else []
    if is_sample is not None:
        welcome.append("--sample" if is_sample else "--no-sample")
    elif quiet:
        welcome.append("--no-sample")
    options = UpOptions(
        home=find_home(os.environ, chosen=home), host=host, port=port, welcome=tuple(welcome), is_quiet=quiet
    )
    return run_up(options, environ=os.environ, texts=texts, say=lambda text: click.echo(text, err=True))
