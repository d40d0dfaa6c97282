"""The end of an experiment in the terminal: the score beside the baseline, and the sentence that says what it means."""

from __future__ import annotations

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from azuraforge.errors import ExperimentUnfinished
from azuraforge.locales import Language, Texts
from azuraforge.training_view import number
from azuraforge_contracts import ExperimentEnded, ExperimentState, Localized, Results, Score


def show_score(ended: ExperimentEnded, results: Results | None, *, console: Console, texts: Texts) -> None:
    """Print a panel; `results` brings the verdict's sentence in the user's language.

    Raises:
        ExperimentUnfinished: it failed or was cancelled.
    """
    refuse_unfinished(ended, texts=texts)
    table = Table.grid(padding=(0, 3))
    table.add_column()
    table.add_column(justify="right", style="bold")
    if ended.score is not None:
        _add_score(table, ended.score, baseline=_baseline_title(ended.score, results, texts=texts), texts=texts)
    table.add_row(Text(texts("trained_in", seconds=f"{ended.seconds:.1f}"), style="dim"), "")
    console.print(Panel(table, border_style="cyan", expand=False, padding=(0, 2)))
    if results is not None:
        console.print(Text(_say(results.verdict.sentence, texts)))


def refuse_unfinished(ended: ExperimentEnded, *, texts: Texts) -> None:
    """Return when the experiment succeeded.

    Raises:
        ExperimentUnfinished: it failed or was cancelled; says why and what to do.
    """
    if ended.state is ExperimentState.SUCCEEDED:
        return
    if ended.failure is not None:
        details = {"failure": ended.failure.code, "state": ended.state.value}
        message = texts("ended_failed", message=ended.failure.message)
        raise ExperimentUnfinished(message, remedy=ended.failure.hint, details=details)
    raise ExperimentUnfinished(texts("ended_cancelled"), details={"state": ended.state.value})


def _say(text: Localized, texts: Texts) -> str:
    return text.tr if texts.language is Language.TR else text.en


def _baseline_title(score: Score, results: Results | None, *, texts: Texts) -> str:
    titles = {one.name: _say(one.title, texts) for one in results.baselines} if results is not None else {}
    return titles.get(score.baseline, score.baseline)


def _add_score(table: Table, score: Score, *, baseline: str, texts: Texts) -> None:
    unit = f" {score.unit}" if score.unit else ""
    style = "green" if score.beats_baseline else "yellow"
    table.add_row(texts("score_line", metric=score.metric.upper()), Text(f"{number(score.value)}{unit}", style=style))
    if baseline:
        table.add_row(texts("baseline_line", name=baseline), f"{number(score.baseline_value)}{unit}")
