"""`azuraforge warmup`."""

from __future__ import annotations

import subprocess
import sys

import click

from azuraforge.errors import ExitStatus
from azuraforge.locales import Texts


@click.command(short_help="Compile the engine's kernels for this processor.")
@click.pass_obj
def command(texts: Texts) -> int:
    """Compile the kernels that are not compiled yet, so that no training waits; once per processor and version."""
    click.echo(texts("warming_up"), err=True)
    # The engine speaks for itself, in a child: this command does not import it.
    done = subprocess.run([sys.executable, "-m", "azuraforge_core.warmup"], check=False)
    return ExitStatus.DONE if done.returncode == 0 else ExitStatus.FAILED
