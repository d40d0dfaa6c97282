"""The command `azuraforge`: finds the sub-command, speaks the user's language, turns errors into one sentence.

Nothing heavy is imported here: `azuraforge up` runs for days in this process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence

import click

from azuraforge.errors import CommandError, ExitStatus
from azuraforge.locales import Language, Texts, find_language

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("azuraforge.commands.up", "Start the platform and keep it running."),
    "demo": ("azuraforge.commands.demo", "Train the sample experiment and print its score beside the baseline."),
    "experiments": ("azuraforge.commands.experiments", "Start, watch, list and control experiments."),
    "pipelines": ("azuraforge.commands.pipelines", "What can be trained here."),
    "link": ("azuraforge.commands.link", "Print a one-time sign-in link."),
    "login": ("azuraforge.commands.login:login", "Keep an API key for a platform."),
    "logout": ("azuraforge.commands.login:logout", "Forget the API key of a platform."),
    "whoami": ("azuraforge.commands.login:whoami", "Say who the command speaks for, and where."),
    "users": ("azuraforge.commands.users", "Make, change and disable users."),
    "projects": ("azuraforge.commands.projects", "Projects and who may do what in them."),
    "keys": ("azuraforge.commands.keys", "API keys for programs."),
    "audit": ("azuraforge.commands.audit", "Who did what, newest first."),
    "warmup": ("azuraforge.commands.warmup", "Compile the engine's kernels for this processor."),
    "doctor": ("azuraforge.commands.doctor", "Say what is wrong with this installation."),
}
"""Name → module that holds `command` (or what the colon names), and the line that --help shows without importing it."""


class LazyGroup(click.Group):
    """A group whose sub-commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name or "command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """List the commands from the table, so that --help stays quick."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="azuraforge", message="azuraforge %(version)s")
@click.option("--language", type=click.Choice([one.value for one in Language]), help="Language of the messages.")
@click.pass_context
def cli(ctx: click.Context, language: str | None) -> None:
    """AzuraForge: an AI experiment platform on an engine you can read."""
    ctx.obj = Texts(find_language(os.environ, chosen=language))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its documented exit status."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """The exit status of one command; every expected error is one sentence on standard error."""
    texts = Texts(find_language(os.environ, chosen=_named_language(arguments)))
    is_json = "--json" in arguments
    try:
        outcome = cli.main(arguments, prog_name="azuraforge", standalone_mode=False)
        return int(outcome) if isinstance(outcome, int) else ExitStatus.DONE
    except CommandError as error:
        _report(error, is_json=is_json)
        return error.status
    except click.exceptions.Abort:
        click.echo(texts("interrupted"), err=True)
        return ExitStatus.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.DONE
    except Exception as error:
        if os.environ.get("AZURAFORGE_TRACEBACK"):
            raise
        text = texts("unexpected", error=f"{type(error).__name__}: {error}")
        _report(CommandError(text, remedy=texts("unexpected_remedy")), is_json=is_json)
        return ExitStatus.FAILED


def _named_language(arguments: list[str]) -> str | None:
    """The value of a well-formed --language, known before click has parsed anything."""
    for index, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--language=") else ""
        if word == "--language" and index + 1 < len(arguments):
            value = arguments[index + 1]
        if value in {one.value for one in Language}:
            return value
    return None


def _report(error: CommandError, *, is_json: bool) -> None:
    if is_json:
        said = {"error": error.code, "message": error.message, "hint": error.remedy, **error.details}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.secho("azuraforge: ", fg="red", bold=True, nl=False, err=True)
    click.echo(str(error), err=True)
    for line in error.lines:
        click.echo(line, err=True)


if __name__ == "__main__":
    main()
