"""The whole house: gateway, worker, trainer, ledger and broker, and the stock predictor that people will run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway import Gateway, open_gateway
from live_servers import valkey_server
from worker_house import House, open_house, wait_until

from azuraforge_client import RequestRefused
from azuraforge_contracts import Event, EventType, ExperimentState, Results

QUICK_CONFIG: dict[str, Any] = {"training": {"epochs": 3, "patience": 0}, "model": {"hidden": 8}}


def assert_complete(events: list[Event], *, epochs: int) -> None:
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.data["epoch"] for event in events if event.type is EventType.EPOCH] == list(range(1, epochs + 1))
    assert [event.type for event in events].count(EventType.END) == 1
    assert events[-1].type is EventType.END


@pytest.fixture
def gateway(house: House) -> Iterator[Gateway]:
    house.start_worker()
    with open_gateway(house) as opened:
        wait_for_pipelines(opened)
        yield opened


def wait_for_pipelines(gateway: Gateway) -> None:
    with gateway.client() as client:
        wait_until(lambda: client.pipelines.list().pipelines, what="a worker announces its pipelines")


def test_an_experiment_trains_and_reports_beside_its_baselines(gateway: Gateway, tmp_path: Path) -> None:
    with gateway.client() as client:
        task_id = client.experiments.start("stock_predictor", QUICK_CONFIG, name="GOOG").task_id
        events = [event for event in client.experiments.watch(task_id) if event.seq is not None]
        found = client.experiments.get(task_id)
        files = {file.name: file for file in client.experiments.artifacts(task_id)}
        for name in ("results.json", "report.html", "model.azf.zip"):
            client.experiments.download(task_id, name, to=tmp_path / name)

    assert_complete(events, epochs=3)
    assert found.state is ExperimentState.SUCCEEDED
    assert hashlib.sha256((tmp_path / "model.azf.zip").read_bytes()).hexdigest() == files["model.azf.zip"].sha256
    results = Results.model_validate_json((tmp_path / "results.json").read_bytes())
    assert {baseline.name for baseline in results.baselines} >= {"last_value", "drift"}
    assert results.verdict.sentence.en in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert found.score == results.verdict.score


def test_a_gateway_killed_in_the_middle_leaves_no_gap(gateway: Gateway) -> None:
    with gateway.client() as client:
        task_id = client.experiments.start("lab_steady", {"epochs": 8, "pause_s": 0.05}).task_id
        seen = []
        for event in client.experiments.watch(task_id):
            seen += [event] if event.seq is not None else []
            if event.type is EventType.EPOCH and len([e for e in seen if e.type is EventType.EPOCH]) == 2:
                gateway.kill()
                gateway.start()

    assert_complete(seen, epochs=8)


def test_what_was_accepted_before_a_kill_is_trained_without_the_broker_s_message(gateway: Gateway) -> None:
    task_id = gateway.house.submit("lab_steady", {"epochs": 2}, is_sent=False)
    gateway.kill()

    found = gateway.house.wait_for_state(task_id, ExperimentState.SUCCEEDED)

    assert found.attempt == 1


@pytest.fixture(scope="module")
def shared(lab_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("platform")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with (
        valkey_server() as redis_url,
        open_house(database_url=url, redis_url=redis_url, folder=folder, pythonpath=lab_path) as house,
    ):
        house.start_worker()
        with open_gateway(house) as opened:
            wait_for_pipelines(opened)
            yield opened


def csv_source(text: str, **more: str) -> dict[str, Any]:
    return {"source": {"kind": "csv", "csv": text, **more}}


ROWS = "Date,Close\n" + "".join(f"2024-{1 + day // 28:02d}-{1 + day % 28:02d},{100 + day % 7}\n" for day in range(300))
BAD_CONFIGS: dict[str, tuple[dict[str, Any], str, str]] = {
    "wrong type": ({"training": {"epochs": "many"}}, "/config/training/epochs", "type"),
    "below the range": ({"training": {"epochs": 0}}, "/config/training/epochs", "minimum"),
    "huge number": ({"training": {"epochs": 10**17}}, "/config/training/epochs", "maximum"),
    "extra field": ({"training": {"epoks": 3}}, "/config/training/epoks", "additional"),
    "unknown choice": ({"training": {"loss": "luck"}}, "/config/training/loss", "enum"),
    "unknown source": ({"source": {"kind": "oracle"}}, "/config/source/kind", "enum"),
    "csv without its content": ({"source": {"kind": "csv"}}, "/config/source/csv", "required"),
    "csv without the column": (
        csv_source(ROWS.replace("Close", "Price")),
        "/config/source/target_column",
        "csv_column_missing",
    ),
    "csv with text in a number column": (
        csv_source(ROWS.replace(",103\n", ",soon\n", 1)),
        "/config/source/csv",
        "csv_not_number",
    ),
    "csv with not a number": (csv_source(ROWS.replace(",103\n", ",NaN\n", 1)), "/config/source/csv", "csv_not_finite"),
    "csv with three rows": (
        csv_source("".join(ROWS.splitlines(keepends=True)[:4])),
        "/config/source/csv",
        "too_few_rows",
    ),
}


@pytest.mark.parametrize("name", BAD_CONFIGS)
def test_a_bad_config_is_refused_at_its_field_and_creates_nothing(shared: Gateway, name: str) -> None:
    config, pointer, code = BAD_CONFIGS[name]
    with shared.client() as client:
        before = client.experiments.list().total
        with pytest.raises(RequestRefused) as refusal:
            client.experiments.start("stock_predictor", config)
        after = client.experiments.list().total

    problem = refusal.value.problem
    assert 400 <= problem.status < 500
    assert problem.hint
    assert (pointer, code) in {(error.pointer, error.code) for error in problem.errors}, json.dumps(
        problem.model_dump()
    )
    assert after == before


def test_an_unknown_pipeline_is_refused_with_the_known_ones(shared: Gateway) -> None:
    with shared.client() as client, pytest.raises(RequestRefused) as refusal:
        client.experiments.start("stock_predicter", {})
    assert refusal.value.problem.code == "pipeline_unknown"
    assert "stock_predictor" in refusal.value.problem.model_dump_json()


def test_a_good_csv_trains(shared: Gateway) -> None:
    with shared.client() as client:
        task_id = client.experiments.start("stock_predictor", csv_source(ROWS) | QUICK_CONFIG).task_id
        events = [event for event in client.experiments.watch(task_id) if event.seq is not None]
        found = client.experiments.get(task_id)
    assert found.state is ExperimentState.SUCCEEDED, found.failure
    assert_complete(events, epochs=3)
