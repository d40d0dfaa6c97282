"""The sub-commands of `azuraforge experiments` that change experiments or make new ones from them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from azuraforge.connection import Target, connect, target_options
from azuraforge.errors import ExitStatus, UsageMistake
from azuraforge.locales import Texts
from azuraforge.overrides import build_config
from azuraforge.proof_view import say_proof
from azuraforge.tables import print_json, say_time, show_table
from azuraforge_client import Client
from azuraforge_contracts import (
    HIGHEST_PRIORITY,
    LOWEST_PRIORITY,
    TERMINAL_STATES,
    ExperimentAccepted,
    ExperimentRead,
    ProofRead,
    ProofVerdict,
)

F = TypeVar("F", bound=Callable[..., Any])
LOOK_S: Final = 1.0
PRIORITY: Final = click.IntRange(LOWEST_PRIORITY, HIGHEST_PRIORITY)
PROOF_STATUS: Final = {
    ProofVerdict.REPRODUCED: ExitStatus.DONE,
    ProofVerdict.PENDING: ExitStatus.DONE,
    ProofVerdict.DIFFERS: ExitStatus.DIFFERENT,
    ProofVerdict.INCOMPARABLE: ExitStatus.UNFINISHED,
}


def _json_option(command: F) -> F:
    return click.option("--json", "is_json", is_flag=True, help="Print the answer as JSON.")(command)


def _making_options(command: F) -> F:
    for option in (
        click.option("--priority", type=PRIORITY, help="From -10 to 10; the parent's without it."),
        click.option("--name", help="A name for the list; the parent's without it."),
        click.argument("task_id"),
    ):
        command = option(command)
    return target_options(_json_option(command))


@click.command()
@click.argument("task_id")
@target_options
@_json_option
@click.pass_obj
def pause(texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Let TASK_ID rest; it writes a checkpoint and goes on from there when it is resumed."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.pause(task_id)
    _say(found, texts("pause_asked", task_id=task_id, state=texts(f"state_{found.state}")), is_json=is_json)


@click.command()
@click.argument("task_id")
@target_options
@_json_option
@click.pass_obj
def resume(texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Queue the paused TASK_ID again."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.resume(task_id)
    _say(found, texts("resume_asked", task_id=task_id, state=texts(f"state_{found.state}")), is_json=is_json)


@click.command()
@_making_options
@click.pass_obj
def retry(texts: Texts, /, *, url: str | None, key: str | None, home: str | None, is_json: bool, **given: Any) -> None:
    """Continue the failed or cancelled TASK_ID from its last kept checkpoint, as a new experiment."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        accepted = client.experiments.retry(given.pop("task_id"), **given)
    _say_made(accepted, texts=texts, is_json=is_json)


@click.command()
@_making_options
@click.pass_obj
def rerun(texts: Texts, /, *, url: str | None, key: str | None, home: str | None, is_json: bool, **given: Any) -> None:
    """Train TASK_ID again with the same config, as a new experiment."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        accepted = client.experiments.rerun(given.pop("task_id"), **given)
    _say_made(accepted, texts=texts, is_json=is_json)


@click.command()
@_making_options
@click.option("--from-epoch", "epoch", type=click.IntRange(min=0), help="Epochs done there; else the newest.")
@click.option("--set", "settings", multiple=True, metavar="A.B=VALUE", help="One changed value of the config.")
@click.pass_obj
def fork(
    texts: Texts,
    /,
    *,
    url: str | None,
    key: str | None,
    home: str | None,
    is_json: bool,
    settings: tuple[str, ...],
    **given: Any,
) -> None:
    """Go on from a kept checkpoint of TASK_ID with a changed config, as a new experiment."""
    changes = build_config(None, settings, texts=texts)
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        accepted = client.experiments.fork(given.pop("task_id"), changes, **given)
    _say_made(accepted, texts=texts, is_json=is_json)


@click.command()
@click.argument("task_id")
@click.option("--with", "other", metavar="TASK_ID", help="Compare with this one instead of training again.")
@click.option("--no-wait", "is_waiting", is_flag=True, default=True, flag_value=False, help="Only start the proof.")
@target_options
@_json_option
@click.pass_obj
def prove(
    texts: Texts,
    *,
    task_id: str,
    other: str | None,
    url: str | None,
    key: str | None,
    home: str | None,
    is_waiting: bool,
    is_json: bool,
) -> int:
    """Train the succeeded TASK_ID again and compare the two bit for bit; status 6 if they differ."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        if other is None:
            other = client.experiments.prove(task_id).task_id
            if not is_json:
                click.echo(texts("proof_started", task_id=task_id, other=other))
        proof = _await_proof(client, task_id, other) if is_waiting else client.experiments.proof(task_id, other)
    if is_json:
        click.echo(proof.model_dump_json())
    else:
        for line in say_proof(proof, texts=texts):
            click.echo(line)
    return PROOF_STATUS[proof.verdict]


@click.command()
@click.argument("task_id")
@click.option("--name", help="Another name.")
@click.option("--priority", type=PRIORITY, help="From -10 to 10; higher ones are trained first.")
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(min=0, min_open=True), help="Seconds of training.")
@click.option("--no-time-limit", "is_unlimited", is_flag=True, help="Take the limit away.")
@target_options
@_json_option
@click.pass_obj
def change(
    texts: Texts,
    /,
    *,
    task_id: str,
    time_limit_s: float | None,
    is_unlimited: bool,
    url: str | None,
    key: str | None,
    home: str | None,
    is_json: bool,
    **given: Any,
) -> None:
    """Change name, priority or time limit of TASK_ID."""
    changes = {name: value for name, value in given.items() if value is not None}
    if is_unlimited or time_limit_s is not None:
        changes["time_limit_s"] = None if is_unlimited else time_limit_s
    if not changes:
        raise UsageMistake(texts("change_nothing"), remedy=texts("change_nothing_remedy"))
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.change(task_id, **changes)
    _say(found, texts("changed", task_id=task_id), is_json=is_json)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("task_id")
@click.argument("priority", type=PRIORITY)
@target_options
@_json_option
@click.pass_obj
def priority(
    texts: Texts, *, task_id: str, priority: int, url: str | None, key: str | None, home: str | None, is_json: bool
) -> None:
    """Let TASK_ID be trained before those with a lower PRIORITY (-10 to 10)."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.change(task_id, priority=priority)
    _say(found, texts("changed", task_id=task_id), is_json=is_json)


@click.command()
@click.argument("task_id")
@target_options
@_json_option
@click.pass_obj
def archive(texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Take the ended TASK_ID out of the lists; nothing of it is lost."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.archive(task_id)
    _say(found, texts("archive_done", task_id=task_id), is_json=is_json)


@click.command()
@click.argument("task_id")
@target_options
@_json_option
@click.pass_obj
def unarchive(texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Put TASK_ID back into the lists."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.unarchive(task_id)
    _say(found, texts("unarchive_done", task_id=task_id), is_json=is_json)


@click.command()
@click.argument("task_id")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@target_options
@click.pass_obj
def delete(texts: Texts, *, task_id: str, is_sure: bool, url: str | None, key: str | None, home: str | None) -> None:
    """Delete the ended TASK_ID for good; refused while something was made from it."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.get(task_id)
        if not is_sure:
            click.confirm(texts("delete_ask", name=found.name, task_id=task_id), abort=True)
        client.experiments.delete(task_id)
    click.echo(texts("delete_done", task_id=task_id))


@click.command()
@click.argument("task_id")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object per checkpoint.")
@click.pass_obj
def checkpoints(
    texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool
) -> None:
    """List the checkpoints of TASK_ID; a kept one can be forked from."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        found = client.experiments.checkpoints(task_id)
    if is_json:
        print_json(found)
        return
    rows = [
        (
            str(one.epoch),
            texts("yes") if one.is_kept else "",
            texts("yes") if one.is_best else "",
            str(one.bytes),
            say_time(one.at),
        )
        for one in found
    ]
    show_table(("epoch", "kept", "best", "size", "at"), rows, texts=texts)


def _await_proof(client: Client, task_id: str, other: str) -> ProofRead:
    """The proof once it is decided: at the first difference, or when both have ended."""
    while True:
        proof = client.experiments.proof(task_id, other)
        has_ended = {proof.state, proof.other_state} <= TERMINAL_STATES
        if proof.verdict is not ProofVerdict.PENDING or has_ended:
            return proof
        time.sleep(LOOK_S)


def _say(found: ExperimentRead, sentence: str, *, is_json: bool) -> None:
    click.echo(found.model_dump_json() if is_json else sentence)


def _say_made(accepted: ExperimentAccepted, *, texts: Texts, is_json: bool) -> None:
    if is_json:
        click.echo(accepted.model_dump_json())
        return
    click.echo(texts("accepted", task_id=accepted.task_id))
    click.echo(texts("watch_hint", task_id=accepted.task_id))


COMMANDS: Final = (
    pause,
    resume,
    retry,
    rerun,
    fork,
    prove,
    change,
    priority,
    archive,
    unarchive,
    delete,
    checkpoints,
)
