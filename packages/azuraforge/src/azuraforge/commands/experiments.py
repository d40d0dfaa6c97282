"""`azuraforge experiments`: from the terminal what the dashboard does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from azuraforge.commands import experiment_control
from azuraforge.commands.projects import find_project
from azuraforge.connection import Target, connect, find_results, target_options
from azuraforge.errors import ExitStatus
from azuraforge.locales import Texts
from azuraforge.overrides import build_config
from azuraforge.score_view import refuse_unfinished, show_score
from azuraforge.training_view import number, show_training
from azuraforge_client import Client
from azuraforge_contracts import (
    EventType,
    ExperimentEnded,
    ExperimentPage,
    ExperimentRead,
    ExperimentState,
    ExperimentSummary,
)

WIDE = 120
"""Columns of a terminal that can show every column of the list."""
STATE_STYLES = {
    ExperimentState.SUCCEEDED: "green",
    ExperimentState.FAILED: "red",
    ExperimentState.CANCELLED: "yellow",
    ExperimentState.RUNNING: "cyan",
}


@click.group(short_help="Start, watch, list and control experiments.")
def command() -> None:
    """Start, watch, list and control experiments."""


@command.command()
@click.argument("pipeline")
@target_options
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="A.B=VALUE",
    help="One value of the config: JSON, else text; @FILE is the content of a file. May be repeated.",
)
@click.option(
    "--config", "file", type=click.Path(path_type=Path), metavar="FILE", help="The config as JSON; - reads the input."
)
@click.option("--name", help="A name for the list.")
@click.option("--priority", type=experiment_control.PRIORITY, default=0, help="From -10 to 10; higher ones go first.")
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(min=0, min_open=True), help="Seconds of training.")
@click.option("--watch", "is_watching", is_flag=True, help="Show the training live and wait for its end.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON; with --watch one event per line, then the result.")
@click.pass_obj
def start(
    texts: Texts,
    /,
    *,
    pipeline: str,
    url: str | None,
    key: str | None,
    home: str | None,
    settings: tuple[str, ...],
    file: Path | None,
    is_watching: bool,
    is_json: bool,
    **given: Any,
) -> int:
    """Start a training of PIPELINE."""
    config = build_config(file, settings, texts=texts)
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        accepted = client.experiments.start(pipeline, config, **given)
        if is_json and not is_watching:
            click.echo(accepted.model_dump_json())
            return ExitStatus.DONE
        if not is_json:
            console = Console(highlight=False)
            console.print(texts("accepted", task_id=accepted.task_id), soft_wrap=True)
            for warning in accepted.warnings:
                console.print(Text(warning, style="yellow"))
            if not is_watching:
                console.print(texts("watch_hint", task_id=accepted.task_id), style="dim", soft_wrap=True)
                return ExitStatus.DONE
        return _watch(client, accepted.task_id, is_json=is_json, texts=texts)


@command.command()
@click.argument("task_id")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print one event per line, then the result.")
@click.pass_obj
def watch(texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> int:
    """Show the training of TASK_ID live, from its beginning, and wait for its end."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        return _watch(client, task_id, is_json=is_json, texts=texts)


@command.command("list")
@target_options
@click.option("--state", "states", multiple=True, type=click.Choice([one.value for one in ExperimentState]))
@click.option("--pipeline", help="Only those of one pipeline.")
@click.option("--project", help="Only those of one project: its name or id.")
@click.option("--archived", type=click.Choice(["no", "yes", "all"]), default="no", show_default=True)
@click.option("--sort", help="created_at, updated_at, name, score or metric:NAME; the largest first.")
@click.option("--ascending", "is_ascending", is_flag=True, help="The smallest first.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print the page as JSON.")
@click.pass_obj
def list_experiments(  # noqa: PLR0913 - one for each option
    texts: Texts,
    *,
    url: str | None,
    key: str | None,
    home: str | None,
    states: tuple[str, ...],
    pipeline: str | None,
    project: str | None,
    archived: str,
    sort: str | None,
    is_ascending: bool,
    limit: int,
    is_json: bool,
) -> None:
    """List experiments, newest first."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        place = None if project is None else find_project(client, project, texts=texts).id
        page = client.experiments.list(
            states=states,
            pipeline=pipeline,
            project=place,
            archived=archived,
            sort=sort,
            is_descending=not is_ascending,
            limit=limit,
        )
    if is_json:
        click.echo(page.model_dump_json())
    else:
        _show_page(page, texts=texts)


@command.command()
@click.argument("task_id")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print everything as JSON, the config included.")
@click.pass_obj
def show(texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Print what is known of TASK_ID: state, metrics, config, score."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        experiment = client.experiments.get(task_id)
    if is_json:
        click.echo(experiment.model_dump_json())
        return
    console = Console(highlight=False)
    _show_page(ExperimentPage(items=[experiment], total=1), texts=texts)
    if experiment.failure is not None:
        console.print(Text(f"{experiment.failure.message} {experiment.failure.hint}".strip(), style="red"))
    for line in _relations(experiment, texts=texts):
        console.print(line, soft_wrap=True)
    for name, value in experiment.metrics.items():
        console.print(f"  {name} {number(value)}")
    console.print_json(data=experiment.config)


@command.command()
@click.argument("task_id")
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print the experiment as JSON.")
@click.pass_obj
def cancel(texts: Texts, *, task_id: str, url: str | None, key: str | None, home: str | None, is_json: bool) -> None:
    """Ask TASK_ID to stop; asking again changes nothing."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        experiment = client.experiments.cancel(task_id)
    click.echo(experiment.model_dump_json() if is_json else texts("cancel_asked", task_id=task_id))


def _relations(experiment: ExperimentRead, *, texts: Texts) -> Iterator[str]:
    """Where it came from, what was made from it, and where it waits."""
    if experiment.parent is not None:
        yield texts("child_of", origin=texts(f"origin_{experiment.origin}"), parent=experiment.parent)
    if experiment.fork_point is not None:
        yield texts("fork_at", epoch=experiment.fork_point.epoch, parent=experiment.fork_point.experiment)
    for child in experiment.children:
        origin = texts(f"origin_{child.origin}")
        yield texts("child_made", origin=origin, task_id=child.task_id, name=child.name)
    place = experiment.queue
    if place is not None:
        yield texts("place", position=place.position, waiting=place.waiting)
        if place.starts_in_s is not None:
            yield texts("place_starts", seconds=round(place.starts_in_s))
        if place.trains_for_s is not None:
            yield texts("place_trains", seconds=round(place.trains_for_s))


def _watch(client: Client, task_id: str, *, is_json: bool, texts: Texts) -> int:
    try:
        ended = _follow(client, task_id, is_json=is_json, texts=texts)
        if is_json:
            click.echo(client.experiments.get(task_id).model_dump_json())
            refuse_unfinished(ended, texts=texts)
        else:
            results = find_results(client, task_id) if ended.state is ExperimentState.SUCCEEDED else None
            show_score(ended, results, console=Console(highlight=False), texts=texts)
    except KeyboardInterrupt:
        click.echo(texts("watch_interrupted", task_id=task_id), err=True)
        return ExitStatus.INTERRUPTED
    return ExitStatus.DONE


def _follow(client: Client, task_id: str, *, is_json: bool, texts: Texts) -> ExperimentEnded:
    events = client.experiments.watch(task_id)
    if not is_json:
        ended = show_training(events, console=Console(highlight=False), texts=texts)
        if ended is not None:
            return ended
    for event in events:
        if is_json:
            click.echo(event.model_dump_json())
        if event.type == EventType.END:
            return ExperimentEnded.model_validate(event.data)
    experiment = client.experiments.get(task_id)  # its events are over: what it ended with is in the row
    return ExperimentEnded(state=experiment.state, score=experiment.score, failure=experiment.failure)


def _show_page(page: ExperimentPage, *, texts: Texts) -> None:
    console = Console(highlight=False)
    if not page.items:
        console.print(texts("no_experiments"), style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("task_id", no_wrap=True, min_width=36)
    columns = ["state", "progress", "score", "name", "pipeline", "priority", "created"]
    shown = columns if console.width >= WIDE else columns[:3]  # a narrow terminal keeps what fits on one line
    for name in shown:
        is_number = name in {"progress", "score", "priority"}
        table.add_column(texts(f"column_{name}"), justify="right" if is_number else "left", no_wrap=True)
    for one in page.items:
        cells = {
            "state": Text(texts(f"state_{one.state.value}"), style=STATE_STYLES.get(one.state, "")),
            "progress": Text(f"{one.progress.epoch}/{one.progress.epochs}" if one.progress is not None else ""),
            "score": _score(one),
            "name": Text(one.name),
            "pipeline": Text(one.pipeline),
            "priority": Text(str(one.priority) if one.priority else ""),
            "created": Text(one.created_at.astimezone().strftime("%Y-%m-%d %H:%M")),
        }
        table.add_row(one.task_id, *(cells[name] for name in shown))
    console.print(table)
    if page.total > len(page.items):
        console.print(texts("more", shown=len(page.items), total=page.total), style="dim")


def _score(one: ExperimentSummary) -> Text:
    if one.score is None:
        return Text()
    style = "green" if one.score.beats_baseline else ""
    return Text(f"{number(one.score.value)} {one.score.unit}".strip(), style=style)


for _one in experiment_control.COMMANDS:
    command.add_command(_one)
