"""The pipeline that the entry point names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from azuraforge_learner.data import SeriesInvalid, TimeSeries
from azuraforge_learner.pipelines import ConfigProblem, TimeSeriesPipeline
from azuraforge_stock_predictor.config import CsvSource, StockConfig, YahooSource
from azuraforge_stock_predictor.sources import MARKET_COLUMNS, load

TRADING_DAYS = {"1y": 262, "2y": 524, "5y": 1310, "10y": 2620}
"""No exchange opens more often: weekdays of the period."""


class StockPredictor(TimeSeriesPipeline):
    """Predicts a price some days ahead and says honestly whether that beats naming today's price."""

    name: ClassVar[str] = "stock_predictor"
    version: ClassVar[str] = "0.1.0"
    title: ClassVar[Mapping[str, str]] = {"tr": "Hisse fiyatı tahmini", "en": "Stock predictor"}
    description: ClassVar[Mapping[str, str]] = {
        "tr": "Günlük fiyatlardan bir LSTM eğitir, tahminlerini “yarın da bugünkü fiyat” diyen saf yöntemle "
        "karşılaştırır ve ağın yerini hak edip etmediğini açıkça söyler.",
        "en": "Trains an LSTM on daily prices, compares it with the naive answer “tomorrow as today”, "
        "and says plainly whether the network earned its place.",
    }
    Config: ClassVar[type[BaseModel]] = StockConfig
    sample: ClassVar[Mapping[str, Any]] = {
        "source": {"kind": "sample"},
        "training": {"epochs": 40, "patience": 0},
    }

    config: StockConfig

    @classmethod
    def preflight(cls, config: BaseModel) -> list[ConfigProblem]:
        """Reads a CSV as training would; never asks the network."""
        if not isinstance(config, StockConfig):
            raise TypeError(f"expected a StockConfig, not {type(config).__name__}")
        if isinstance(config.source, YahooSource):
            most = TRADING_DAYS.get(config.source.period)
            problems = cls.check_rows(config, rows=most, pointer="/source/period")
            return problems + cls.check_memory(config, rows=most or config.training.batch_size)
        pointer = "/source/csv" if isinstance(config.source, CsvSource) else "/source/kind"
        try:
            series = load(config.source, market=config.market)
        except SeriesInvalid as error:
            return [_located(error, config)]
        return cls.check_series(config, series, pointer=pointer)

    def load(self) -> TimeSeries:
        """The prices of the chosen source."""
        return load(self.config.source, market=self.config.market)

    def extra_features(self, series: TimeSeries) -> dict[str, NDArray[np.float64]]:
        """Change of the volume and range of the day, where they were chosen; one value per row."""
        features: dict[str, NDArray[np.float64]] = {}
        if "volume" in self.config.market:
            volume = np.log1p(np.maximum(series.columns["Volume"], 0.0))
            features["volume_change"] = np.diff(volume, prepend=volume[:1])
        if "range" in self.config.market:
            middle = (series.columns["High"] + series.columns["Low"]) / 2
            spread = series.columns["High"] - series.columns["Low"]
            features["day_range"] = np.divide(spread, middle, out=np.zeros_like(spread), where=middle != 0)
        return features


def _located(error: SeriesInvalid, config: StockConfig) -> ConfigProblem:
    """The field that a wrong CSV points to: a missing column is wrong where it was named."""
    pointer = "/source/csv"
    if error.code == "csv_column_missing" and isinstance(config.source, CsvSource):
        column = error.params.get("column")
        market = {name for kind in config.market for name in MARKET_COLUMNS[kind]}
        if column == config.source.date_column:
            pointer = "/source/date_column"
        elif column == config.source.target_column:
            pointer = "/source/target_column"
        elif column in market:
            pointer = "/market"
    return ConfigProblem(
        pointer=pointer, code=error.code, message=f"{error.message} {error.hint}", params=dict(error.params)
    )
