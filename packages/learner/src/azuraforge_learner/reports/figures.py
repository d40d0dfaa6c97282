"""The figures of a report as SVG: accessible, the same bytes every time, in the colours of the page around them."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from azuraforge_learner.reports.numbers import number

INK: Final = "#010101"
MUTED: Final = "#020202"
GRID: Final = "#030303"
ACTUAL: Final = "#040404"
PREDICTED: Final = "#050505"
BASELINE: Final = "#060606"
COLOURS: Final = {
    INK: ("--ink", "#1b2430"),
    MUTED: ("--muted", "#5b6675"),
    GRID: ("--line", "#dde2e8"),
    ACTUAL: ("--actual", "#1b2430"),
    PREDICTED: ("--predicted", "#0b69c7"),
    BASELINE: ("--baseline", "#b4560b"),
}
"""matplotlib draws in stand-in colours; the page's variables (or their fallback) take their place."""

DETAIL_ROWS: Final = 60
MOST_POINTS: Final = 1600
"""More points than pixels only make the file large: 100,000 rows gave 36 MB and took a minute."""
Line = np.ndarray[Any, np.dtype[np.float64]]
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "azuraforge",
    "font.size": 10.0,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "text.parse_math": False,  # a unit such as $ is a dollar sign
}


@dataclass(frozen=True)
class ReportFigure:
    """One drawn figure: `svg` is an `<svg>` element fit for a page, with its own title and description."""

    name: str
    title: str
    caption: str
    svg: str


def draw_figures(results: Mapping[str, Any], *, words: Mapping[str, str], language: str) -> list[ReportFigure]:
    """Learning curves, predicted against actual, and errors, as far as the results hold them."""
    drawn = []
    with mpl.rc_context(_STYLE):
        if results["history"]:
            drawn.append(_learning_curves(results, words=words, language=language))
        if results["series"]:
            drawn.append(_series(results, words=words, language=language))
            drawn.append(_errors(results, words=words, language=language))
    return drawn


def _learning_curves(results: Mapping[str, Any], *, words: Mapping[str, str], language: str) -> ReportFigure:
    rows = results["history"]
    epochs = [row["epoch"] for row in rows]
    figure, axes = _canvas(height=3.1)
    for metric, colour, label in (
        ("loss", ACTUAL, words["training_loss"]),
        ("validation_loss", PREDICTED, words["validation_loss"]),
    ):
        values = [row["metrics"].get(metric) for row in rows]
        line = [np.nan if value is None else value for value in values]
        axes.plot(epochs, line, color=colour, linewidth=1.8, label=label, marker="o" if len(rows) < 3 else "")
    if results["best_epoch"]:
        best = f"{words['best_epoch']}: {results['best_epoch']}"
        axes.axvline(results["best_epoch"], color=MUTED, linewidth=1.0, linestyle=(0, (2, 3)), label=best)
    axes.set_xlabel(words["epoch"])
    axes.set_ylabel(words["loss"])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    _finish(axes, language=language)
    _legend(axes)
    caption = words["curves_caption"]
    return _drawn(figure, name="learning-curves", title=words["curves"], caption=caption, language=language)


def _series(results: Mapping[str, Any], *, words: Mapping[str, str], language: str) -> ReportFigure:
    series = results["series"]
    figure, (whole, detail) = _canvases(height=5.6, rows=2)
    for axes, first in ((whole, 0), (detail, max(len(series["x"]) - DETAIL_ROWS, 0))):
        width = 1.2 if axes is whole else 2.0
        for name, colour in (("actual", ACTUAL), ("predicted", PREDICTED)):
            at, values = _thinned(_line(series[name]), first=first)
            axes.plot(at, values, color=colour, linewidth=width, label=words[name])
        if axes is detail:  # thin and on top: an honest model's line often lies right under it
            at, values = _thinned(_line(series["baseline"]), first=first)
            axes.plot(at, values, color=BASELINE, linewidth=1.1, linestyle=(0, (3, 2)), label=words["baseline"])
        _date_ticks(axes, series["x"], first=first)
        axes.set_ylabel(results["units"].get("mae", "") or results["data"]["target"])
        _finish(axes, language=language)
    whole.set_title(words["part_test"])
    detail.set_title(words["detail"].format(count=min(DETAIL_ROWS, len(series["x"]))))
    _legend(detail)
    caption = words["series_caption"].format(baseline=_baseline_title(results, language=language))
    return _drawn(figure, name="predictions", title=words["series"], caption=caption, language=language)


def _errors(results: Mapping[str, Any], *, words: Mapping[str, str], language: str) -> ReportFigure:
    series = results["series"]
    errors = _line(series["predicted"]) - _line(series["actual"])
    figure, (in_time, spread) = _canvases(height=3.1, columns=(2.2, 1.0))
    in_time.axhline(0.0, color=MUTED, linewidth=1.0)
    at, shown = _thinned(errors, first=0)
    in_time.vlines(at, 0.0, shown, color=PREDICTED, linewidth=min(2.0, max(0.4, 300.0 / len(shown))))
    _date_ticks(in_time, series["x"], first=0, count=4)
    unit = results["units"].get("mae", "")
    in_time.set_ylabel(f"{words['residual']}{f' ({unit})' if unit else ''}")
    finite = errors[np.isfinite(errors)]
    spread.hist(finite, bins=min(30, max(5, round(len(finite) ** 0.5))), color=PREDICTED, edgecolor="none", rwidth=0.92)
    spread.axvline(0.0, color=MUTED, linewidth=1.0)
    spread.set_xlabel(words["error"] + (f" ({unit})" if unit else ""))
    spread.set_ylabel(words["error_count"])
    spread.xaxis.set_major_locator(MaxNLocator(nbins=4))
    spread.xaxis.set_major_formatter(_formatter(language))
    _finish(in_time, language=language)
    _finish(spread, language=language)
    caption = words["residuals_caption"]
    return _drawn(figure, name="errors", title=words["residuals"], caption=caption, language=language)


def _canvas(*, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.6, height), layout="constrained")
    return figure, figure.add_subplot()


def _canvases(*, height: float, rows: int = 1, columns: tuple[float, ...] = (1.0,)) -> tuple[Figure, tuple[Axes, Axes]]:
    figure = Figure(figsize=(7.6, height), layout="constrained")
    first, second = figure.subplots(rows, len(columns), width_ratios=columns).ravel()
    return figure, (first, second)


def _thinned(values: Line, *, first: int) -> tuple[Line, Line]:
    """Places and values from `first` on; a long series keeps the lowest and highest of each stretch."""
    rows = len(values) - first
    if rows <= MOST_POINTS:
        return np.arange(first, len(values), dtype=np.float64), values[first:]
    edges = np.linspace(first, len(values), MOST_POINTS // 2 + 1).astype(int)
    kept: list[int] = []
    for start, end in pairwise(edges):
        stretch = np.nan_to_num(values[start:end])
        kept += sorted({start + int(stretch.argmin()), start + int(stretch.argmax())})
    return np.array(kept, dtype=np.float64), values[kept]


def _line(values: Sequence[float | None]) -> Line:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _date_ticks(axes: Axes, labels: Sequence[str], *, first: int, count: int = 6) -> None:
    places = np.unique(np.linspace(first, len(labels) - 1, count).round().astype(int))
    axes.set_xticks(places, [labels[place] for place in places])
    axes.get_xticklabels()[0].set_horizontalalignment("left")  # else the outer dates hang over the edge
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.margins(x=0.01)


def _finish(axes: Axes, *, language: str) -> None:
    axes.yaxis.set_major_formatter(_formatter(language))
    axes.spines["left"].set_visible(False)


def _formatter(language: str) -> FuncFormatter:
    return FuncFormatter(lambda value, _: number(round(value, 10), language=language, digits=3))


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2, handlelength=1.8)


def _baseline_title(results: Mapping[str, Any], *, language: str) -> str:
    best = results["verdict"]["score"]["baseline"]
    return next((str(row["title"][language]) for row in results["baselines"] if row["name"] == best), best)


def _drawn(figure: Figure, *, name: str, title: str, caption: str, language: str) -> ReportFigure:
    FigureCanvasSVG(figure)
    target = io.StringIO()
    figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = _dressed(target.getvalue(), prefix=f"{name}-{language}", title=title, caption=caption)
    return ReportFigure(name, title, caption, svg)


def _dressed(svg: str, *, prefix: str, title: str, caption: str) -> str:
    """The bare `<svg>` element with a text alternative, its own ids and the page's colours and fonts."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<style type="text/css">.*?</style>|<!--.*?-->', "", svg, flags=re.DOTALL)
    # Two figures on one page must not share an id: a reader of one would be led to the other.
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    for stand_in, (variable, fallback) in COLOURS.items():
        svg = svg.replace(stand_in, f"var({variable}, {fallback})")
    svg = svg.replace("'DejaVu Sans'", "system-ui, 'Segoe UI', 'DejaVu Sans'")
    head, body = svg.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    label = f'role="img" aria-labelledby="{prefix}-title {prefix}-desc" stroke-linejoin="round"'
    words = f'<title id="{prefix}-title">{escape(title)}</title><desc id="{prefix}-desc">{escape(caption)}</desc>'
    return f"{head} {label}>{words}{body}"
