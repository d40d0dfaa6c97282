"""A training in the terminal: a bar with the live loss, or one line per epoch where there is no terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from azuraforge.locales import Texts
from azuraforge_contracts import (
    BatchProgress,
    EpochFinished,
    Event,
    EventType,
    ExperimentEnded,
    StateChanged,
    WarningRaised,
)

BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 24
NARROW = 110
"""Columns; a terminal below it gets a shorter bar and curve, so that everything stays on one line."""
LOSS, VALIDATION_LOSS = "loss", "validation_loss"


def curve(values: Sequence[float | None], *, width: int = CURVE_WIDTH) -> str:
    """The last `width` values as a line of block characters, the smallest lowest; gaps where a value is missing.

    Drawn over the logarithm where every value is positive, because a loss falls by factors.
    """
    shown = list(values)[-width:]
    known = [value for value in shown if value is not None and math.isfinite(value)]
    if not known:
        return " " * len(shown)
    scale = math.log if min(known) > 0 else float
    low, high = scale(min(known)), scale(max(known))
    steps = len(BARS) - 1

    def draw(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return " "
        return BARS[round((scale(value) - low) / (high - low) * steps)] if high > low else BARS[0]

    return "".join(draw(value) for value in shown)


def number(value: float | None) -> str:
    """A metric in four significant digits, so that a column of them can be compared."""
    if value is None:
        return "–"
    return f"{value:,.1f}" if 1e4 <= abs(value) < 1e7 else f"{value:#.4g}".removesuffix(".")


@dataclass
class TrainingState:
    """What the events have said so far."""

    state: str = "queued"
    epoch: int = 0
    epochs: int = 0
    fraction: float = 0.0
    """Of the epoch that runs, 0 to 1."""
    losses: list[float | None] = field(default_factory=list)
    metrics: dict[str, float | None] = field(default_factory=dict)
    batch_loss: float | None = None
    ended: ExperimentEnded | None = None

    def take(self, event: Event) -> None:
        """Fold one event in; types that this version does not know change nothing."""
        match event.type:
            case EventType.STATE:
                self.state = StateChanged.model_validate(event.data).state.value
            case EventType.EPOCH:
                self._take_epoch(EpochFinished.model_validate(event.data))
            case EventType.BATCH:
                self._take_batch(BatchProgress.model_validate(event.data))
            case EventType.END:
                self.ended = ExperimentEnded.model_validate(event.data)
                self.state = self.ended.state.value

    def _take_epoch(self, epoch: EpochFinished) -> None:
        self.epoch, self.epochs, self.fraction = epoch.epoch, epoch.epochs, 0.0
        self.metrics, self.batch_loss = epoch.metrics, None
        self.losses.append(epoch.metrics.get(LOSS))

    def _take_batch(self, batch: BatchProgress) -> None:
        self.epochs, self.batch_loss = batch.epochs, batch.loss
        if batch.epoch == self.epoch + 1 and batch.batches:
            self.fraction = batch.batch / batch.batches


def show_training(events: Iterable[Event], *, console: Console, texts: Texts) -> ExperimentEnded | None:
    """Draw the events until the experiment ends; what it ended with, or None when the events stopped before."""
    state = TrainingState()
    if not console.is_terminal:
        return _write_lines(events, state, console=console, texts=texts)
    is_narrow = console.width < NARROW
    columns: list[ProgressColumn] = [
        SpinnerColumn(style="cyan"),
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=12 if is_narrow else 28, complete_style="cyan", finished_style="green"),
        _Numbers(state, texts, curve_width=CURVE_WIDTH // 3 if is_narrow else CURVE_WIDTH),
        TimeRemainingColumn(compact=True),
    ]
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(texts("state_queued"), total=None)
        for event in events:
            state.take(event)
            _show_warning(event, console=console)
            _draw(progress, task, state=state, texts=texts)
            if state.ended is not None:
                break
    return state.ended


class _Numbers(ProgressColumn):
    """`12/20  ▇▅▃▂▁  loss 0.0123  validation 0.0150`."""

    def __init__(self, state: TrainingState, texts: Texts, *, curve_width: int) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._state, self._texts, self._curve_width = state, texts, curve_width

    def render(self, task: Task) -> Text:  # noqa: ARG002 - the signature is rich's
        state = self._state
        if not state.epochs:
            return Text()
        text = Text(f"{state.epoch}/{state.epochs} ", style="bold")
        text.append(curve(state.losses, width=self._curve_width), style="cyan")
        text.append(f" {self._texts('loss')} ", style="dim")
        text.append(number(state.batch_loss if state.batch_loss is not None else state.metrics.get(LOSS)))
        if VALIDATION_LOSS in state.metrics:
            text.append(f" {self._texts('validation')} ", style="dim")
            text.append(number(state.metrics[VALIDATION_LOSS]))
        return text


def _draw(progress: Progress, task: TaskID, *, state: TrainingState, texts: Texts) -> None:
    description = texts(f"state_{state.state}")
    if state.epochs:
        progress.update(task, description=description, total=state.epochs, completed=state.epoch + state.fraction)
    else:
        progress.update(task, description=description)


def _show_warning(event: Event, *, console: Console) -> None:
    if event.type == EventType.WARNING:
        console.print(Text(WarningRaised.model_validate(event.data).message, style="yellow"))


def _write_lines(
    events: Iterable[Event], state: TrainingState, *, console: Console, texts: Texts
) -> ExperimentEnded | None:
    for event in events:
        state.take(event)
        _show_warning(event, console=console)
        if event.type == EventType.EPOCH:
            line = f"{texts('epoch')} {state.epoch}/{state.epochs}  {texts('loss')} {number(state.metrics.get(LOSS))}"
            if VALIDATION_LOSS in state.metrics:
                line += f"  {texts('validation')} {number(state.metrics[VALIDATION_LOSS])}"
            console.print(line, highlight=False, soft_wrap=True)
        if state.ended is not None:
            break
    return state.ended
