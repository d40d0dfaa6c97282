"""The way from the terminal to a running platform, and its answers as sentences."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from azuraforge.errors import CommandError, RequestRefused, ServerUnreachable, UsageMistake
from azuraforge.home import find_home, find_server, read_owner_key
from azuraforge.locales import Texts
from azuraforge.problem_words import say_field, say_problem
from azuraforge.stored_keys import key_file, read_keys
from azuraforge_client import Client, ClientError, ProblemRaised
from azuraforge_client import ServerUnreachable as NobodyAnswers
from azuraforge_contracts import Problem, Results, SettingError, read_setting
from azuraforge_contracts.names import RESULTS_NAME

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Target:
    """Which platform is meant, and with which key one speaks to it.

    The address: --url or AZURAFORGE_URL, else the one of the folder, else the one of the last `azuraforge login`. The
    key: --key or AZURAFORGE_KEY, AZURAFORGE_API_KEY or its file, the one kept by login, the owner key of the folder.
    `is_owner` asks for the owner key before all that is not named.
    """

    url: str | None = None
    key: str | None = field(default=None, repr=False)
    home: str | None = None
    is_owner: bool = False


def target_options(command: F) -> F:
    """Give a command --url, --key and --home."""
    for option in (
        click.option("--home", metavar="FOLDER", help="Data folder of the platform (AZURAFORGE_HOME)."),
        click.option(
            "--key",
            envvar="AZURAFORGE_KEY",
            help="API key or owner key (AZURAFORGE_API_KEY, AZURAFORGE_KEY).",
        ),
        click.option("--url", envvar="AZURAFORGE_URL", help="Address of the platform (AZURAFORGE_URL)."),
    ):
        command = option(command)
    return command


@contextlib.contextmanager
def connect(target: Target, *, environ: Mapping[str, str], texts: Texts) -> Iterator[Client]:
    """A client of the platform; what goes wrong inside the block is raised as a CommandError.

    Raises:
        ServerUnreachable: none is running, or it does not answer.
        RequestRefused: the API answered with a problem.
    """
    url, key = _find(target, environ=environ, texts=texts)
    with _sentences(url, texts=texts), Client(url, key=key) as client:
        yield client


def find_url(target: Target, *, environ: Mapping[str, str]) -> str | None:
    """The address of the platform that is meant; None when none is named, none runs here and none was logged in to."""
    if target.url is not None:
        return target.url.rstrip("/")
    note = find_server(find_home(environ, chosen=target.home))
    if note is not None and note.is_alive:
        return note.url
    if target.home is not None:
        return None  # somebody who names a folder means what runs there
    return read_keys(key_file(environ)).current or None


def _find(target: Target, *, environ: Mapping[str, str], texts: Texts) -> tuple[str, str]:
    home = find_home(environ, chosen=target.home)
    url = find_url(target, environ=environ)
    if url is None:
        raise ServerUnreachable(texts("server_missing", home=home.root), remedy=texts("server_missing_remedy"))
    note = find_server(home)
    owner_key = read_owner_key(home, environ) if note is not None and note.url == url else ""
    given = (target.key, _read_api_key(environ), read_keys(key_file(environ)).keys.get(url))
    key = next(
        (one for one in ((target.key, owner_key, *given) if target.is_owner else (*given, owner_key)) if one), ""
    )
    if not key:
        raise CommandError(texts("key_missing", url=url), remedy=texts("key_missing_remedy"))
    return url, key


def _read_api_key(environ: Mapping[str, str]) -> str:
    try:
        return read_setting(environ, "API_KEY", default="")
    except SettingError as error:
        raise UsageMistake(str(error)) from error


@contextlib.contextmanager
def _sentences(url: str, *, texts: Texts) -> Iterator[None]:
    try:
        yield
    except NobodyAnswers as error:
        remedy = texts("server_missing_remedy")
        raise ServerUnreachable(texts("server_silent", url=url), remedy=remedy) from error
    except ProblemRaised as error:
        raise _refused(error.problem, texts=texts) from error
    except ClientError as error:
        raise CommandError(str(error)) from error


def _refused(problem: Problem, *, texts: Texts) -> RequestRefused:
    message, remedy = say_problem(problem, texts.language)
    lines = [f"  {one.pointer or '/'}  {say_field(one, texts.language)}" for one in problem.errors]
    return RequestRefused(message, remedy=remedy, lines=lines, details={"problem": problem.model_dump(mode="json")})


def find_results(client: Client, task_id: str) -> Results | None:
    """What the experiment found, or None when its results cannot be had or are of another version."""
    with tempfile.TemporaryDirectory(prefix="azuraforge-") as folder:
        try:
            file = client.experiments.download(task_id, RESULTS_NAME, to=Path(folder) / RESULTS_NAME)
            return Results.model_validate_json(file.read_bytes())
        except (ClientError, ValueError):  # a file of another version does not validate
            return None
