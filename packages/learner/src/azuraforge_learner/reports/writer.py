"""Writes `report.html`, `report.md` and the figures from a results document alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from azuraforge_learner.reports.numbers import duration, number, percent
from azuraforge_learner.reports.words import LANGUAGES, words_in

TEMPLATES: Final = Path(__file__).parent / "templates"
METRICS: Final = ("mae", "rmse", "r2", "direction_accuracy")
SHARES: Final = frozenset({"direction_accuracy"})
"""Metrics that people read as a percentage."""
HIGHER_IS_BETTER: Final = frozenset({"r2", "direction_accuracy"})
PARTS: Final = ("train", "validation", "test")
SVG_SPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'


@dataclass(frozen=True)
class WrittenFile:
    """A complete file of a report."""

    path: Path
    kind: str
    media_type: str


def write_reports(results: Mapping[str, Any], *, folder: Path, title: Mapping[str, str]) -> list[WrittenFile]:
    """Write the report in both languages; `title` is the pipeline's by language.

    `report.html` needs no other file. `report.md` shows the figures that are written beside it.
    """
    # Imported here: matplotlib takes 0.9 s of CPU and Jinja2 0.2 s, and only the end of a training draws a report.
    from azuraforge_learner.reports.figures import draw_figures  # noqa: PLC0415

    views = []
    for language in LANGUAGES:
        words = words_in(language)
        figures = draw_figures(results, words=words, language=language)
        views.append(_view(results, title=title, language=language) | {"figures": figures, "words": words})
    english = views[LANGUAGES.index("en")]
    written = [
        _write(folder / f"{figure.name}.svg", _standalone(figure.svg), kind="figure", media_type="image/svg+xml")
        for figure in english["figures"]
    ]
    styles = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    page = _render("report.html.j2", {"views": views, "styles": styles})
    text = _render("report.md.j2", {"views": [english, *(view for view in views if view is not english)]})
    return [
        _write(folder / "report.html", page, kind="report", media_type="text/html"),
        _write(folder / "report.md", text, kind="report", media_type="text/markdown"),
        *written,
    ]


def render_card(results: Mapping[str, Any], *, title: Mapping[str, str]) -> str:
    """The model card of a bundle: what the model is, on what it was trained, how good it is. Markdown, English."""
    return _render("card.md.j2", _view(results, title=title, language="en") | {"words": words_in("en")})


def flat_config(config: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Every value of a nested config by its dotted path."""
    rows: list[tuple[str, str]] = []
    for key, value in config.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            rows += flat_config(value, f"{path}.")
        else:
            rows.append((path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return rows


def _view(results: Mapping[str, Any], *, title: Mapping[str, str], language: str) -> dict[str, Any]:
    score = results["verdict"]["score"]
    best = next(row for row in results["baselines"] if row["name"] == score["baseline"])
    best_values = {name: _best(results, name) for name in METRICS}
    return {
        "language": language,
        "other": next(name for name in LANGUAGES if name != language),
        "title": title[language],
        "results": results,
        "provenance": results.get("provenance"),
        "score": score,
        "best_baseline": best["title"][language],
        "config": flat_config(results["config"]),
        "metrics": METRICS,
        "is_best": lambda name, value: value is not None and value == best_values[name],
        "parts": PARTS,
        "number": lambda value: number(value, language=language),
        "metric": lambda name, value: (percent if name in SHARES else number)(value, language=language),
        "percent": lambda share: percent(share, language=language),
        "duration": lambda seconds: duration(seconds, language=language),
    }


def _best(results: Mapping[str, Any], metric: str) -> float | None:
    """The best test value that the model or a baseline reached: what the table prints in bold."""
    rows = [results["metrics"]["test"], *(row["metrics"] for row in results["baselines"])]
    values = [value for row in rows if (value := row[metric]) is not None]
    return (max if metric in HIGHER_IS_BETTER else min)(values, default=None)


def _render(template: str, values: Mapping[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - see write_reports

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),  # Markdown is escaped by its own filter
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _markdown_text
    return environment.get_template(template).render(values)


def _markdown_text(value: object) -> str:
    """Text that Markdown shows as it is: what a user named may not become markup."""
    text = " ".join(str(value).split())
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|~" else letter for letter in text)


def _standalone(svg: str) -> str:
    styles = (TEMPLATES / "figure.css").read_text(encoding="utf-8")
    if SVG_SPACE not in svg:
        svg = svg.replace("<svg", f"<svg {SVG_SPACE}", 1)
    head, body = svg.split(">", 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}><style>{styles}</style>{body}'


def _write(path: Path, text: str, *, kind: str, media_type: str) -> WrittenFile:
    path.write_text(text, encoding="utf-8")
    return WrittenFile(path, kind, media_type)
