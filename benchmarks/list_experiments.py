"""How long does a page of 50 out of 10,000 experiments take, newest first and sorted by a metric or the score?

Over HTTP, from a real API process on SQLite: filter, order, JSON and all. Each experiment has 20 epochs of 4 metrics. A
well-known peer needed 4.6 s to sort as many runs by a metric on a machine like ours. `--database URL` measures another
database, which must be empty.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
from running_gateway import running_gateway
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from live_servers import valkey_server

from azuraforge_contracts import new_id
from azuraforge_ledger import open_ledger
from azuraforge_ledger.tables import experiment, metric

EXPERIMENTS = 10_000
EPOCHS = 20
METRICS = ("loss", "val_loss", "mae", "rmse")
CONFIG = {"training": {"epochs": EPOCHS, "learning_rate": 0.001}, "model": {"layers": [{"units": 64}] * 12}}
ROUNDS = 15
PEER_S = 4.6
QUESTIONS = {
    "newest 50": {"limit": "50"},
    "by metric, filtered": {"limit": "50", "sort": "metric:val_loss", "order": "asc", "state": "succeeded"},
    "by score, filtered": {"limit": "50", "sort": "score", "state": "succeeded", "pipeline": "pipeline-3"},
    "text": {"limit": "50", "q": "number 77"},
}
LIMITS_MS = {"newest 50": 50.0, "by metric, filtered": 100.0, "by score, filtered": 100.0}


def fill(database_url: str) -> None:
    """Ten thousand experiments that have ended or are running, in one transaction."""
    ledger, dice = open_ledger(database_url), random.Random(1)
    ledger.migrate()
    with ledger.database.write() as connection:
        for start in range(0, EXPERIMENTS, 500):
            rows = [_row(number, dice) for number in range(start, start + 500)]
            connection.execute(insert(experiment), rows)
            points = [
                {"experiment": row["id"], "name": name, "step": step, "value": dice.random()}
                for row in rows
                for name in METRICS
                for step in range(1, EPOCHS + 1)
            ]
            connection.execute(insert(metric), points)
    if not ledger.database.is_sqlite:
        with ledger.database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
    ledger.close()


def _row(number: int, dice: random.Random) -> dict[str, object]:
    is_over = number % 10 != 0
    score = dice.random()
    at = 1_760_000_000_000 + number * 1000
    return {
        "id": new_id(),
        "name": f"experiment number {number}",
        "pipeline": f"pipeline-{number % 7}",
        "pipeline_version": "1",
        "config": CONFIG,
        "config_hash": "0" * 64,
        "seed": number,
        "search": f'"experiment number {number} pipeline-{number % 7}"',
        "state": "succeeded" if is_over else "running",
        "attempt": 1,
        "last_seq": 30,
        "epoch": EPOCHS,
        "epochs": EPOCHS,
        "metrics": {name: dice.random() for name in METRICS},
        "score": {"metric": "rmse", "value": score, "unit": "USD"} if is_over else None,
        "score_value": score if is_over else None,
        "created_at": at,
        "updated_at": at + 500,
        "started_at": at + 100,
        "finished_at": at + 500 if is_over else None,
    }


def ask(client: httpx.Client, params: dict[str, str]) -> float:
    """Milliseconds of one answer."""
    before = time.perf_counter()
    answer = client.get("/api/v1/experiments", params=params)
    took = time.perf_counter() - before
    answer.raise_for_status()
    return took * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    given = parser.parse_args().database
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="azf-bench-") as name, valkey_server() as redis_url:
        url = given or f"sqlite:///{name}/ledger.sqlite3"
        fill(url)
        with running_gateway(Path(name), database_url=url, redis_url=redis_url) as gateway:
            headers = {"Authorization": f"Bearer {gateway.key}"}
            with httpx.Client(base_url=gateway.url, headers=headers, timeout=60.0, trust_env=False) as client:
                cursor = client.get("/api/v1/experiments", params=QUESTIONS["by metric, filtered"]).json()[
                    "next_cursor"
                ]
                questions = {
                    **QUESTIONS,
                    "by metric, next page": {**QUESTIONS["by metric, filtered"], "cursor": cursor},
                }
                for question, params in questions.items():
                    ask(client, params)
                    before = gateway.cpu_s()
                    times = [ask(client, params) for _ in range(ROUNDS)]
                    cpu_ms = (gateway.cpu_s() - before) / ROUNDS * 1000
                    found[question] = statistics.median(times)
                    print(
                        f"{question:>22}: median {found[question]:6.1f} ms, best {min(times):6.1f}, "
                        f"worst {max(times):6.1f}, {cpu_ms:5.1f} ms of CPU"
                    )
    missed = [question for question, limit in LIMITS_MS.items() if found[question] > limit]
    sorted_ms = found["by metric, filtered"]
    print(
        json.dumps(
            {
                "benchmark": "list_experiments",
                "value": round(sorted_ms, 1),
                "unit": "ms by metric",
                "newest_ms": round(found["newest 50"], 1),
                "by_score_ms": round(found["by score, filtered"], 1),
                "peer_ms": PEER_S * 1000,
                "database": url.partition(":")[0],
                "missed": missed,
            }
        )
    )


if __name__ == "__main__":
    main()
