"""Where prices come from, without the network: Yahoo is a function that these tests hand in."""

from collections.abc import Callable

import numpy as np
import pytest

from azuraforge_learner.data import TableInvalid
from azuraforge_learner.pipelines import ConfigRefused
from azuraforge_stock_predictor import sources
from azuraforge_stock_predictor.config import CsvSource, SampleSource, YahooSource
from azuraforge_stock_predictor.yahoo import DailyPrices

CsvText = Callable[..., str]


def yahoo(close: list[float]) -> tuple[list[tuple[str, str]], Callable[[str, str], DailyPrices]]:
    asked: list[tuple[str, str]] = []

    def download(symbol: str, period: str) -> DailyPrices:
        asked.append((symbol, period))
        values = np.array(close, dtype=np.float64)
        dates = (np.datetime64("2024-01-01") + np.arange(len(close))).astype("datetime64[s]")
        return DailyPrices(dates, values, values + 1, values - 1, np.full(len(close), np.nan), currency="TRY")

    return asked, download


def test_the_sample_is_real_and_needs_no_network() -> None:
    series = sources.load(SampleSource())
    assert len(series) == 1047
    assert series.labels()[0] == "2004-08-19"
    assert series.labels()[-1] == "2008-10-14"
    assert series.target[0] == pytest.approx(100.34)
    assert series.unit == "USD"
    assert set(series.columns) == {"High", "Low", "Volume"}


def test_a_csv_gives_its_target_and_the_columns_that_features_need(prices_csv: CsvText) -> None:
    source = CsvSource(kind="csv", csv=prices_csv(header="Date,Close,High,Low,Volume"), unit="TL")
    series = sources.load(source, market=["volume", "range"])
    assert set(series.columns) == {"Close", "High", "Low", "Volume"}
    assert series.unit == "TL"
    assert len(series) == 120


def test_a_csv_without_the_columns_of_a_feature_is_refused(prices_csv: CsvText) -> None:
    with pytest.raises(TableInvalid, match="'Volume'"):
        sources.load(CsvSource(kind="csv", csv=prices_csv()), market=["volume"])


def test_a_csv_with_its_newest_row_first_is_turned_around_and_noted(prices_csv: CsvText) -> None:
    header, *rows = prices_csv().splitlines()
    turned = sources.load(CsvSource(kind="csv", csv="\n".join([header, *reversed(rows)])))
    straight = sources.load(CsvSource(kind="csv", csv=prices_csv()))
    assert turned.sha256() == straight.sha256()
    assert turned.notes[0]["tr"]
    assert turned.notes[0]["en"]
    assert straight.notes == ()


def test_yahoo_prices_keep_symbol_period_and_currency() -> None:
    asked, download = yahoo([10.0, 11.0])
    series = sources.load(YahooSource(kind="yahoo", symbol="THYAO.IS", period="2y"), download=download)
    assert asked == [("THYAO.IS", "2y")]
    assert series.unit == "TRY"
    assert series.target.tolist() == [10.0, 11.0]
    assert np.isfinite(series.columns["Volume"]).all()


@pytest.mark.parametrize("close", [[], [float("nan"), float("nan")]])
def test_no_prices_at_yahoo_is_an_error_that_names_the_symbol(close: list[float]) -> None:
    _, download = yahoo(close)
    with pytest.raises(ConfigRefused, match=r"no prices for NOPE in the period 5y") as raised:
        sources.load(YahooSource(kind="yahoo", symbol="NOPE"), download=download)
    assert raised.value.pointer == "/source/symbol"
    assert raised.value.hint


def test_rows_without_a_price_are_left_out_and_counted() -> None:
    _, download = yahoo([10.0, float("nan"), 12.0])
    series = sources.load(YahooSource(kind="yahoo", symbol="AAPL"), download=download)
    assert series.target.tolist() == [10.0, 12.0]
    assert series.notes[0]["en"].startswith("1 rows")


def test_a_missing_sample_says_where_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda _: None)
    with pytest.raises(Exception, match=r"goog\.npz"):
        sources.load(SampleSource())
