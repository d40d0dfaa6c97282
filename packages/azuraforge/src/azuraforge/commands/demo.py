"""`azuraforge demo`."""

from __future__ import annotations

import json
import os

import click
from rich.console import Console

from azuraforge.connection import Target, connect, find_results, target_options
from azuraforge.errors import ServerUnreachable
from azuraforge.locales import Texts
from azuraforge.sample import find_sample
from azuraforge.score_view import refuse_unfinished, show_score
from azuraforge.training_view import show_training
from azuraforge_contracts import EventType, ExperimentEnded, Score


@click.command(short_help="Train the sample experiment and print its score beside the baseline.")
@click.argument("pipeline", required=False)
@target_options
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object at the end and nothing else.")
@click.pass_obj
def command(
    texts: Texts, *, pipeline: str | None, url: str | None, key: str | None, home: str | None, is_json: bool
) -> None:
    """Train the sample experiment of PIPELINE (default: the first that has one) and wait for its end."""
    with connect(Target(url=url, key=key, home=home), environ=os.environ, texts=texts) as client:
        manifest = find_sample(client, pipeline, texts=texts)
        accepted = client.experiments.start(manifest.name, manifest.sample, name=texts("sample_name"))
        events = client.experiments.watch(accepted.task_id)
        if is_json:
            ended = next((event.data for event in events if event.type == EventType.END), None)
            found = ExperimentEnded.model_validate(ended) if ended is not None else None
        else:
            console = Console(highlight=False)
            found = show_training(events, console=console, texts=texts)
        if found is None:
            raise ServerUnreachable(texts("server_silent", url=client.url), remedy=texts("server_missing_remedy"))
        if is_json:
            refuse_unfinished(found, texts=texts)
            click.echo(json.dumps(_as_json(found, task_id=accepted.task_id, pipeline=manifest.name)))
        else:
            show_score(found, find_results(client, accepted.task_id), console=console, texts=texts)


def _as_json(ended: ExperimentEnded, *, task_id: str, pipeline: str) -> dict[str, object]:
    score = ended.score or Score(metric="", value=None)
    return {
        "task_id": task_id,
        "pipeline": pipeline,
        "state": ended.state.value,
        "metric": score.metric,
        "unit": score.unit,
        "score": score.value,
        "baseline": score.baseline_value,
        "baseline_name": score.baseline,
        "skill": score.skill,
        "beats_baseline": score.beats_baseline,
        "epochs": ended.epochs_run,
        "seconds": ended.seconds,
    }
