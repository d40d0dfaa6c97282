"""Daily prices from Yahoo Finance through yfinance, the one place that touches the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from azuraforge_learner.pipelines.errors import DataRefused

TIMEOUT_S: Final = 15.0


@dataclass(frozen=True)
class DailyPrices:
    """Columns of equal length, dates ascending, adjusted for splits and dividends; a missing price is NaN."""

    dates: NDArray[np.datetime64]
    close: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    volume: NDArray[np.float64]
    currency: str = ""


Download = Callable[[str, str], DailyPrices]
"""From a symbol and a period to prices."""


def download_daily(symbol: str, period: str) -> DailyPrices:
    """Ask Yahoo Finance.

    Raises:
        DataRefused: the service cannot be reached, refuses, or does not know the symbol.
    """
    # Imported here: yfinance and pandas take 3.9 s of CPU, and only this source needs them.
    import yfinance  # noqa: PLC0415

    yfinance.config.debug.hide_exceptions = False  # else a lost network looks like a symbol without prices
    ticker = yfinance.Ticker(symbol)
    return ask(ticker, period=period, known_errors=(yfinance.exceptions.YFException,), symbol=symbol)


def ask(ticker: Any, *, symbol: str, period: str, known_errors: tuple[type[Exception], ...]) -> DailyPrices:
    """Prices from a yfinance ticker; every way in which it fails becomes one clear error."""
    try:
        frame = ticker.history(period=period, interval="1d", auto_adjust=True, actions=False, timeout=TIMEOUT_S)
        metadata = ticker.history_metadata
    except known_errors as error:
        raise DataRefused(
            f"Yahoo Finance gave no prices for {symbol}: {error}",
            hint="Check the symbol; if it is right, wait a few minutes, because Yahoo limits requests.",
            pointer="/source/symbol",
        ) from error
    except OSError as error:  # requests and curl_cffi errors are OSErrors, time-outs included
        raise DataRefused(
            f"Yahoo Finance could not be reached within {TIMEOUT_S:g} s.",
            hint="Check the network of the machine that trains, or use the sample or a CSV file.",
            pointer="/source/kind",
        ) from error
    return read_frame(frame, currency=str((metadata or {}).get("currency", "")))


def read_frame(frame: Any, *, currency: str) -> DailyPrices:
    """The columns of a yfinance price frame; an empty frame gives empty columns."""
    names = {"close": "Close", "high": "High", "low": "Low", "volume": "Volume"}
    columns = {
        field: frame[name].to_numpy(dtype=np.float64) if name in frame else np.empty(0) for field, name in names.items()
    }
    days = frame.index.tz_localize(None) if len(frame) else []
    return DailyPrices(dates=np.array(days, dtype="datetime64[s]"), currency=currency, **columns)
