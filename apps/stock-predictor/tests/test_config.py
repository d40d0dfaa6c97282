"""The config is a form: bounded, worded in both languages, and it refuses what it does not know."""

from typing import Any

import pytest
from pydantic import ValidationError

from azuraforge_contracts import FieldPresentation, Localized, PipelineManifest
from azuraforge_learner.pipelines.schema_check import find_schema_faults
from azuraforge_stock_predictor.config import StockConfig
from azuraforge_stock_predictor.pipeline import StockPredictor


def test_every_field_has_bounds_and_words() -> None:
    assert find_schema_faults(StockConfig.model_json_schema()) == []


def test_every_presentation_is_the_contracts() -> None:
    found = 0
    stack: list[Any] = [StockConfig.model_json_schema()]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if "x-azf" in node:
                FieldPresentation.model_validate(node["x-azf"])
                found += 1
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    assert found > 20


def test_the_manifest_is_the_contracts() -> None:
    manifest = PipelineManifest(
        name=StockPredictor.name,
        version=StockPredictor.version,
        app="azuraforge-stock-predictor",
        title=Localized(**StockPredictor.title),
        description=Localized(**StockPredictor.description),
        task=StockPredictor.task,
        config_schema=StockConfig.model_json_schema(),
        defaults=StockConfig().model_dump(mode="json"),
        sample=dict(StockPredictor.sample),
    )
    assert StockConfig.model_validate(manifest.defaults) == StockConfig()


@pytest.mark.parametrize(
    "config",
    [
        {"unknown": 1},
        {"training": {"epoch": 5}},
        {"training": {"epochs": 0}},
        {"training": {"epochs": "5"}},
        {"training": {"epochs": 5.5}},
        {"training": {"epochs": 10**9}},
        {"training": {"learning_rate": float("nan")}},
        {"training": {"learning_rate": float("inf")}},
        {"training": {"seed": -1}},
        {"training": {"loss": "hinge"}},
        {"window": {"length": 1}},
        {"window": {"horizon": 21}},
        {"split": {"test": 0.9}},
        {"model": {"dropout": 1.0}},
        {"calendar": ["moon"]},
        {"source": {}},
        {"source": {"kind": "ftp"}},
        {"source": {"kind": "csv"}},
        {"source": {"kind": "csv", "csv": ""}},
        {"source": {"kind": "csv", "csv": "x" * 900_001}},
        {"source": {"kind": "yahoo"}},
        {"source": {"kind": "yahoo", "symbol": "../etc/passwd"}},
        {"source": {"kind": "yahoo", "symbol": "AAPL\n"}},
        {"source": {"kind": "yahoo", "symbol": "aapl"}},
        {"source": {"kind": "yahoo", "symbol": "AAPL", "period": "3 years"}},
        {"source": {"kind": "sample", "symbol": "AAPL"}},
    ],
)
def test_a_wrong_config_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StockConfig.model_validate(config)


@pytest.mark.parametrize("symbol", ["AAPL", "THYAO.IS", "^GSPC", "BTC-USD", "EURUSD=X", "0700.HK"])
def test_real_symbols_are_taken(symbol: str) -> None:
    StockConfig.model_validate({"source": {"kind": "yahoo", "symbol": symbol}})
