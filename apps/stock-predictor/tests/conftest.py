"""CSV texts of prices, made here."""

from collections.abc import Callable

import numpy as np
import pytest

from azuraforge_learner.reports import figures


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report without its drawings, which take two seconds."""
    monkeypatch.setattr(figures, "draw_figures", lambda *_, **__: [])


@pytest.fixture
def prices_csv() -> Callable[..., str]:
    """A CSV of weekday prices: prices_csv(rows=100, header="Date,Close")."""

    def build(*, rows: int = 120, header: str = "Date,Close") -> str:
        days = np.arange("2020-01-01", "2030-01-01", dtype="datetime64[D]")
        days = days[np.is_busday(days)][:rows]
        level = 100 * np.exp(np.random.default_rng(3).normal(0, 0.01, size=rows).cumsum())
        columns = header.count(",")
        lines = [",".join([str(day), *[f"{price:.4f}"] * columns]) for day, price in zip(days, level, strict=True)]
        return "\n".join([header, *lines]) + "\n"

    return build
