"""How long does the chart of a metric with 1,000,000 steps take, downsampled to 500 buckets that keep its extremes?

Over HTTP, from a real API process on SQLite. Beside it: the same buckets by grouping the million rows in SQL, which is
what it would take without blocks. A well-known peer needed 1.0 s for 20,000 points on a machine like ours.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
from running_gateway import running_gateway
from sqlalchemy import insert, text, update

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from live_servers import valkey_server

from azuraforge_ledger import Ledger, NewExperiment, open_ledger
from azuraforge_ledger.metric_blocks import BLOCK
from azuraforge_ledger.tables import experiment, metric

STEPS = 1_000_000
POINTS = 500
ROUNDS = 15
SPIKE = 654_321
GROUPED = (
    "SELECT (step - 1) / :width, min(value), max(value), avg(value), count(value) FROM metric "
    "WHERE experiment = :task_id AND name = :name GROUP BY 1"
)
FILL = (
    "INSERT INTO metric_block (experiment, name, block, low, high, share, finite, count) "
    f"SELECT experiment, name, (step - 1) / {BLOCK}, min(value), max(value), sum(value / {BLOCK}.0), count(value), "
    f"count(*) FROM metric WHERE step <= {STEPS // BLOCK * BLOCK} GROUP BY experiment, name, (step - 1) / {BLOCK}"
)
"""As the migration does it; the hot path writes the same rows one by one."""


def fill(ledger: Ledger) -> str:
    """An experiment with a million steps of one metric."""
    task_id = ledger.experiments.submit(NewExperiment("bench", "1", "bench", {}, "0")).experiment.task_id
    with ledger.database.write() as connection:
        connection.execute(update(experiment).values(epoch=STEPS, epochs=STEPS))
        for start in range(1, STEPS + 1, 20_000):
            rows = [
                {"experiment": task_id, "name": "loss", "step": step, "value": value_at(step)}
                for step in range(start, start + 20_000)
            ]
            connection.execute(insert(metric), rows)
        connection.execute(text(FILL))
    return task_id


def value_at(step: int) -> float | None:
    """A falling curve with one spike, and a gap of NaN."""
    if 300_000 <= step < 310_000:
        return None
    return 999.0 if step == SPIKE else 1 / (1 + step / 1e5) + math.sin(step / 1000) / 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    given = parser.parse_args().database
    with tempfile.TemporaryDirectory(prefix="azf-bench-") as folder, valkey_server() as redis_url:
        url = given or f"sqlite:///{folder}/ledger.sqlite3"
        ledger = open_ledger(url)
        ledger.migrate()
        task_id = fill(ledger)
        if not ledger.database.is_sqlite:
            with ledger.database.write() as connection:
                connection.exec_driver_sql("ANALYZE")
        with ledger.database.read() as connection:
            before = time.perf_counter()
            values = {"width": STEPS // POINTS, "task_id": task_id, "name": '"loss"'}
            rows = connection.execute(text(GROUPED), values).all()
            grouped_ms = (time.perf_counter() - before) * 1000
        ledger.close()
        with running_gateway(Path(folder), database_url=url, redis_url=redis_url) as gateway:
            headers = {"Authorization": f"Bearer {gateway.key}"}
            with httpx.Client(base_url=gateway.url, headers=headers, timeout=60.0, trust_env=False) as client:
                path, params = f"/api/v1/experiments/{task_id}/metrics", {"name": "loss", "points": str(POINTS)}
                answer = client.get(path, params=params).json()
                assert max(bucket["high"] or 0 for bucket in answer["buckets"]) == 999.0
                assert answer["count"] == STEPS
                assert len(answer["buckets"]) <= POINTS <= len(rows) + 1
                times = []
                for _ in range(ROUNDS):
                    before = time.perf_counter()
                    client.get(path, params=params).raise_for_status()
                    times.append((time.perf_counter() - before) * 1000)
    median = statistics.median(times)
    print(f"{STEPS:,} steps in {len(answer['buckets'])} buckets: median {median:.1f} ms, worst {max(times):.1f} ms")
    print(f"grouping every row in SQL: {grouped_ms:.0f} ms")
    result = {"benchmark": "metric_history", "value": round(median, 1), "unit": "ms", "grouped_ms": round(grouped_ms)}
    print(json.dumps({**result, "worst": round(max(times), 1), "database": url.partition(":")[0]}))


if __name__ == "__main__":
    main()
