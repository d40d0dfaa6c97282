"""The seam to yfinance: a recorded answer in its own shape, and every way in which it fails."""

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from azuraforge_learner.pipelines import DataRefused
from azuraforge_stock_predictor.yahoo import TIMEOUT_S, ask, read_frame


class KnownError(Exception):
    """Stands for yfinance's own errors."""


class Ticker:
    """What yfinance.Ticker offers here; answers with a frame or raises."""

    def __init__(self, answer: pd.DataFrame | Exception, *, metadata: dict[str, str] | None = None) -> None:
        self.answer = answer
        self.history_metadata = metadata
        self.asked: dict[str, Any] = {}

    def history(self, **options: Any) -> pd.DataFrame:
        self.asked = options
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def recorded() -> pd.DataFrame:
    """Three days in the shape of yfinance 1.7: an index in the exchange's time zone, a missing price."""
    index = pd.DatetimeIndex(["2024-03-08", "2024-03-11", "2024-03-12"], name="Date").tz_localize("America/New_York")
    return pd.DataFrame(
        {
            "Open": [169.0, 172.9, 173.1],
            "High": [173.7, 174.3, 174.0],
            "Low": [168.9, 172.0, 171.0],
            "Close": [170.73, np.nan, 173.23],
            "Volume": [76114600, 60139500, 59825400],
        },
        index=index,
    )


def answer(ticker: Ticker) -> Any:
    return ask(ticker, symbol="AAPL", period="1y", known_errors=(KnownError,))


def test_a_frame_becomes_columns_in_the_exchanges_own_days() -> None:
    prices = answer(Ticker(recorded(), metadata={"currency": "USD"}))
    assert [str(day) for day in prices.dates] == ["2024-03-08T00:00:00", "2024-03-11T00:00:00", "2024-03-12T00:00:00"]
    np.testing.assert_array_equal(prices.close, [170.73, np.nan, 173.23])
    assert prices.volume.dtype == np.float64
    assert prices.currency == "USD"


def test_the_question_has_a_timeout_and_asks_for_adjusted_days() -> None:
    ticker = Ticker(recorded())
    answer(ticker)
    assert ticker.asked == {
        "period": "1y",
        "interval": "1d",
        "auto_adjust": True,
        "actions": False,
        "timeout": TIMEOUT_S,
    }


def test_an_empty_frame_gives_no_rows() -> None:
    prices = read_frame(pd.DataFrame(), currency="")
    assert len(prices.dates) == len(prices.close) == 0


@pytest.mark.parametrize("error", [ConnectionError("no route"), TimeoutError("slow"), OSError("dns")])
def test_a_lost_network_is_said_with_a_way_out(error: Exception) -> None:
    with pytest.raises(DataRefused, match="could not be reached within 15 s") as raised:
        answer(Ticker(error))
    assert raised.value.code == "data_error"
    assert "CSV" in raised.value.hint
    assert raised.value.pointer == "/source/kind"


def test_a_refusal_of_yahoo_names_the_symbol_and_the_reason() -> None:
    with pytest.raises(DataRefused, match=r"no prices for AAPL: Too Many Requests") as raised:
        answer(Ticker(KnownError("Too Many Requests")))
    assert raised.value.pointer == "/source/symbol"


def test_network_errors_of_the_libraries_are_the_ones_that_are_caught() -> None:
    code = (
        "import requests, curl_cffi.requests.exceptions as curl, yfinance.exceptions as yahoo\n"
        "assert issubclass(requests.RequestException, OSError)\n"
        "assert issubclass(curl.RequestException, OSError)\n"
        "assert issubclass(yahoo.YFRateLimitError, yahoo.YFException)\n"
        "assert issubclass(yahoo.YFPricesMissingError, yahoo.YFException)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
