"""The stock predictor: conformance, preflight by field, features without a look ahead, lean import."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge_contracts import Results
from azuraforge_learner.pipelines import ConfigProblem, DataRefused, TimeSeriesConfig, time_series
from azuraforge_learner.pipelines.recording import RecordingContext
from azuraforge_learner.pipelines.testing import check_blindness, check_pipeline
from azuraforge_stock_predictor import pipeline as module
from azuraforge_stock_predictor.config import StockConfig
from azuraforge_stock_predictor.pipeline import StockPredictor

CsvText = Callable[..., str]


def problems_of(config: dict[str, Any]) -> list[ConfigProblem]:
    return StockPredictor.preflight(StockConfig.model_validate(config))


def csv_config(text: str, **source: str) -> dict[str, Any]:
    return {"source": {"kind": "csv", "csv": text, **source}}


def test_the_entry_point_names_the_pipeline() -> None:
    [found] = entry_points(group="azuraforge.pipelines", name="stock_predictor")
    assert found.load() is StockPredictor


def test_the_pipeline_conforms(tmp_path: Path) -> None:
    config = {"market": ["volume", "range"], "model": {"hidden": 8}, "training": {"epochs": 2, "batch_size": 64}}
    result = check_pipeline(StockPredictor, folder=tmp_path, config=config)
    results = Results.model_validate({**result.results, "task_id": "t"})
    assert results.data.rows == 1047
    assert {row.name for row in results.baselines} == {"last_value", "drift"}
    assert results.data.features[:3] == ["Close", "volume_change", "day_range"]


@pytest.mark.usefixtures("without_figures")
def test_the_sample_trains_to_a_verdict_that_claims_no_more_than_it_shows(tmp_path: Path) -> None:
    config = {**StockPredictor.sample, "training": {"epochs": 4}}
    verdict = StockPredictor(StockConfig.model_validate(config)).run(RecordingContext(tmp_path)).results["verdict"]
    score = verdict["score"]
    assert score["skill"] == pytest.approx(1 - score["value"] / score["baseline_value"])
    assert verdict["outcome"] == "beats" or not score["beats_baseline"]
    assert score["value"] < 2 * score["baseline_value"]  # it has learnt the level of the prices


@pytest.mark.parametrize("transform", ["log_return", "difference", "log", "none"])
@pytest.mark.parametrize("horizon", [1, 5])
def test_no_choice_of_target_lets_training_know_the_future(transform: str, horizon: int) -> None:
    config = StockConfig.model_validate(
        {"window": {"transform": transform, "horizon": horizon}, "market": ["volume", "range"]}
    )
    check_blindness(StockPredictor, config)


def test_market_features_are_plain_formulas() -> None:
    made = StockPredictor(StockConfig.model_validate({"market": ["volume", "range"]}))
    series = made.load()
    features = made.extra_features(series)
    volume, high, low = (series.columns[name] for name in ("Volume", "High", "Low"))
    assert features["volume_change"][0] == 0.0
    assert features["volume_change"][7] == pytest.approx(np.log1p(volume[7]) - np.log1p(volume[6]))
    assert features["day_range"][7] == pytest.approx((high[7] - low[7]) / ((high[7] + low[7]) / 2))
    still = replace(series, columns={name: np.zeros(len(series)) for name in series.columns})
    assert not np.any(made.extra_features(still)["day_range"])


def test_defaults_sample_and_a_good_csv_pass(prices_csv: CsvText) -> None:
    assert problems_of({}) == []
    assert problems_of(dict(StockPredictor.sample)) == []
    assert problems_of(csv_config(prices_csv())) == []
    assert problems_of(csv_config(prices_csv(header="Tarih,Fiyat"), date_column="Tarih", target_column="Fiyat")) == []


@pytest.mark.parametrize(
    ("config", "pointer", "code"),
    [
        (csv_config("Day,Close\n2024-01-01,1\n"), "/source/date_column", "csv_column_missing"),
        (csv_config("Date,Open\n2024-01-01,1\n"), "/source/target_column", "csv_column_missing"),
        ({**csv_config("Date,Close\n2024-01-01,1\n"), "market": ["volume"]}, "/market", "csv_column_missing"),
        (csv_config("Date,Close\n2024-01-01,much\n"), "/source/csv", "csv_not_number"),
        (csv_config("Date,Close\n2024-01-01,NaN\n"), "/source/csv", "csv_not_finite"),
        (csv_config("Date,Close\n2024-01-01,1e400\n"), "/source/csv", "csv_too_large"),
        (csv_config("Date,Close\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n"), "/source/csv", "too_few_rows"),
        (csv_config("\n\n"), "/source/csv", "csv_empty"),
        (
            {"source": {"kind": "yahoo", "symbol": "A", "period": "1y"}, "window": {"length": 250}},
            "/source/period",
            "too_few_rows",
        ),
    ],
)
def test_each_problem_points_to_its_field(config: dict[str, Any], pointer: str, code: str) -> None:
    [problem] = problems_of(config)
    assert (problem.pointer, problem.code) == (pointer, code)
    assert problem.message.endswith(".")


def test_a_negative_price_points_to_the_transform(prices_csv: CsvText) -> None:
    lines = prices_csv().splitlines()
    lines[5] = lines[5].split(",")[0] + ",-1"
    [problem] = problems_of(csv_config("\n".join(lines)))
    assert (problem.pointer, problem.code) == ("/window/transform", "not_positive")


def test_a_network_that_no_memory_holds_is_refused_for_every_source(
    prices_csv: CsvText, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_series, "machine_bytes", lambda: 2**20)
    for source in ({"kind": "sample"}, {"kind": "yahoo", "symbol": "A"}, {"kind": "csv", "csv": prices_csv()}):
        codes = {problem.code for problem in problems_of({"source": source})}
        assert codes == {"too_much_memory"}, source


def test_a_constant_price_has_nothing_to_learn(prices_csv: CsvText) -> None:
    header, *rows = prices_csv().splitlines()
    constant = [row.split(",")[0] + ",5" for row in rows]
    [problem] = problems_of(csv_config("\n".join([header, *constant])))
    assert (problem.pointer, problem.code) == ("/source/csv", "constant_target")


def test_preflight_never_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load", lambda *_, **__: pytest.fail("the network was asked"))
    assert problems_of({"source": {"kind": "yahoo", "symbol": "AAPL"}}) == []


def test_a_bad_csv_without_preflight_still_ends_with_its_reason(tmp_path: Path) -> None:
    made = StockPredictor(StockConfig.model_validate(csv_config("Date,Close\n2024-01-01,much\n")))
    with pytest.raises(DataRefused, match="Line 2, column 'Close': 'much' is not a number"):
        made.run(RecordingContext(tmp_path))


@pytest.mark.usefixtures("without_figures")
def test_a_csv_in_the_config_is_not_copied_into_the_results(prices_csv: CsvText, tmp_path: Path) -> None:
    config = {**csv_config(prices_csv()), "training": {"epochs": 1}, "model": {"hidden": 4}}
    results = StockPredictor(StockConfig.model_validate(config)).run(RecordingContext(tmp_path)).results
    assert results["config"]["source"]["csv"].startswith("sha256:")


def test_the_config_is_a_time_series_config() -> None:
    assert issubclass(StockConfig, TimeSeriesConfig)
    with pytest.raises(TypeError, match="expected a StockConfig"):
        StockPredictor.preflight(TimeSeriesConfig())


def test_importing_the_app_loads_nothing_heavy() -> None:
    code = (
        "import sys; import azuraforge_stock_predictor.pipeline as p; p.StockPredictor.preflight(p.StockConfig());"
        "heavy = {'matplotlib', 'jinja2', 'yfinance', 'pandas', 'numba', 'torch'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
