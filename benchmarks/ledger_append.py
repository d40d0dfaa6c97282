"""How many epoch events per second does the ledger take on SQLite while 8 experiments train at once?

Each experiment is a thread with its own attempt, as in one worker; every event is one durable transaction (fence,
number, event, metrics, fsync). Prints sustained events per second and the 99th percentile of one append.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

from azuraforge_contracts import EpochFinished, EventType, ReadyReport
from azuraforge_ledger import Ledger, NewExperiment, open_ledger

EXPERIMENTS = 8
METRICS = {"loss": 0.1234567, "validation_loss": 0.2345678, "mae": 1.2345678, "rmse": 2.3456789}


def started_experiment(ledger: Ledger) -> str:
    new = NewExperiment(pipeline="bench", pipeline_version="1", name="bench", config={}, config_hash="0")
    task_id = ledger.experiments.submit(new).experiment.task_id
    ledger.leases.claim(task_id, worker_id="bench")
    ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu"))
    return task_id


def append_until(ledger: Ledger, task_id: str, *, deadline: float, seconds: list[float]) -> None:
    epoch = 0
    while (before := time.perf_counter()) < deadline:
        epoch += 1
        data = EpochFinished(epoch=epoch, epochs=1_000_000, metrics=METRICS, seconds=1.0, eta_s=2.0)
        ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=data)
        seconds.append(time.perf_counter() - before)


def measure(folder: Path, *, duration_s: float) -> tuple[float, float, float]:
    """Events per second, milliseconds of the slowest hundredth, and microseconds of CPU per event."""
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.sqlite3'}")
    ledger.migrate()
    tasks = [started_experiment(ledger) for _ in range(EXPERIMENTS)]
    times: list[list[float]] = [[] for _ in tasks]
    start, cpu = time.perf_counter(), time.process_time()
    threads = [
        threading.Thread(
            target=append_until, args=(ledger, task), kwargs={"deadline": start + duration_s, "seconds": s}
        )
        for task, s in zip(tasks, times, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu
    for task, seconds in zip(tasks, times, strict=True):
        assert ledger.events.last_seq(task) == 3 + len(seconds)
    ledger.close()
    every = sorted(second for seconds in times for second in seconds)
    return len(every) / elapsed, every[int(len(every) * 0.99)] * 1000, cpu / len(every) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    with tempfile.TemporaryDirectory(prefix="azf-bench-") as folder:
        rate, p99_ms, cpu_us = measure(Path(folder), duration_s=parser.parse_args().seconds)
    print(
        f"{EXPERIMENTS} experiments: {rate:,.0f} events/s, p99 of one append {p99_ms:.1f} ms (goal 2,000/s, 50 ms), "
        f"{cpu_us:.0f} µs of CPU each"
    )
    result = {"benchmark": "ledger_append", "value": round(rate), "unit": "events/s", "p99_ms": round(p99_ms, 2)}
    print(json.dumps(result | {"cpu_us": round(cpu_us, 1)}))


if __name__ == "__main__":
    main()
