"""Where prices come from: the sample, a CSV text, Yahoo Finance. Each gives a `TimeSeries`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from azuraforge_learner.data import TimeSeries, read_dated_csv
from azuraforge_learner.pipelines.errors import ConfigRefused, DataRefused
from azuraforge_stock_predictor.config import CsvSource, MarketKind, SampleSource, YahooSource
from azuraforge_stock_predictor.yahoo import Download, download_daily

MARKET_COLUMNS: Final[dict[MarketKind, tuple[str, ...]]] = {"volume": ("Volume",), "range": ("High", "Low")}


def load(
    source: SampleSource | CsvSource | YahooSource,
    *,
    market: Sequence[MarketKind] = (),
    download: Download = download_daily,
) -> TimeSeries:
    """The series that a source names, with the columns that the market features need.

    Raises:
        SeriesInvalid: a CSV that cannot be read.
        PipelineError: a source that cannot be reached or has nothing.
    """
    if isinstance(source, CsvSource):
        return load_csv(source, market=market)
    if isinstance(source, YahooSource):
        return load_yahoo(source, download=download)
    return load_sample()


def load_sample() -> TimeSeries:
    """Daily Google prices from 2004-08-19 to 2008-10-14 out of matplotlib's sample data."""
    # find_spec locates matplotlib without importing it: importing took 0.8 s of CPU, reading the file takes 2 ms.
    spec = find_spec("matplotlib")
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders or ["matplotlib"]))) / "mpl-data" / "sample_data" / "goog.npz"
    if not path.is_file():
        raise DataRefused(
            f"The sample prices are not where matplotlib keeps them: {path}.",
            hint="Install matplotlib again, or choose another source.",
            pointer="/source/kind",
        )
    with np.load(path) as archive:
        rows = archive["price_data"]
    return TimeSeries(
        dates=rows["date"].astype("datetime64[s]"),
        target=rows["adj_close"].astype(np.float64),
        target_name="Close",
        source="GOOG 2004–2008 (matplotlib sample data)",
        unit="USD",
        columns={name: rows[name.lower()].astype(np.float64) for name in ("High", "Low", "Volume")},
    )


def load_csv(source: CsvSource, *, market: Sequence[MarketKind]) -> TimeSeries:
    """The series in a CSV text.

    Raises:
        TableInvalid: names the line and column.
    """
    wanted = [name for kind in market for name in MARKET_COLUMNS[kind] if name != source.target_column]
    table = read_dated_csv(
        source.csv, date_column=source.date_column, number_columns=[source.target_column, *dict.fromkeys(wanted)]
    )
    reversed_note = {
        "tr": "Dosyada en yeni satır en üstteydi; satırlar tarihe göre çevrildi.",
        "en": "The file had its newest row first; the rows were turned into date order.",
    }
    return TimeSeries(
        dates=table.dates,
        target=table.columns[source.target_column],
        target_name=source.target_column,
        source="CSV",
        unit=source.unit,
        columns=table.columns,
        notes=(reversed_note,) if table.is_reversed else (),
    )


def load_yahoo(source: YahooSource, *, download: Download) -> TimeSeries:
    """The series that Yahoo Finance answers.

    Raises:
        DataRefused: no network, no answer in time, or no rows for this symbol.
    """
    prices = download(source.symbol, source.period)
    known = np.isfinite(prices.close)
    if not known.any():
        raise ConfigRefused(
            f"Yahoo Finance has no prices for {source.symbol} in the period {source.period}.",
            hint="Check the symbol (Borsa İstanbul symbols end in .IS) or choose a longer period.",
            pointer="/source/symbol",
        )
    dropped = int(len(known) - known.sum())
    note = {
        "tr": f"Yahoo Finance'in fiyat vermediği {dropped} satır çıkarıldı.",
        "en": f"{dropped} rows for which Yahoo Finance gave no price were left out.",
    }
    return TimeSeries(
        dates=prices.dates[known],
        target=prices.close[known],
        target_name="Close",
        source=f"Yahoo Finance {source.symbol} ({source.period})",
        unit=prices.currency,
        columns={
            "High": prices.high[known],
            "Low": prices.low[known],
            "Volume": np.nan_to_num(prices.volume[known]),
        },
        notes=(note,) if dropped else (),
    )
