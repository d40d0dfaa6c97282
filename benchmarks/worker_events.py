"""How many epoch events per second go through one worker, from its trainers' pipes to the ledger and to Pub/Sub?

A real worker process on SQLite and Valkey trains four experiments at once; their pipeline only talks. Each event is
read from a pipe, checked, committed, published and acknowledged before the next one is sent. Counted are events that
a subscriber heard; the ledger must hold every one of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from redis import Redis

from azuraforge_contracts import Event, EventType
from azuraforge_contracts.names import PROGRESS_PATTERN
from azuraforge_ledger import Ledger, NewExperiment, open_ledger
from azuraforge_worker.celery_app import make_celery, send_wake_up

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from live_servers import valkey_server

EXPERIMENTS = 4
EPOCHS = 1500
LONGEST_S = 300.0
TALKER = """
from pydantic import BaseModel
from azuraforge_learner.pipelines.base import EpochReport, Pipeline, PipelineResult

METRICS = {"loss": 0.1234567, "validation_loss": 0.2345678, "mae": 1.2345678, "rmse": 2.3456789}


class Config(BaseModel):
    epochs: int


class Talker(Pipeline):
    name, version, task = "talker", "1", "none"
    title = description = {"tr": "", "en": ""}
    Config = Config
    sample = {"epochs": 1}

    def run(self, context):
        for epoch in range(1, self.config.epochs + 1):
            context.epoch(EpochReport(epoch=epoch, epochs=self.config.epochs, metrics=METRICS, seconds=1.0))
        return PipelineResult({}, [])
"""


def install_talker(folder: Path) -> str:
    info = folder / "talker-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "talker.py").write_text(TALKER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: talker\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[azuraforge.pipelines]\ntalker = talker:Talker\n")
    return str(folder)


def start_worker(folder: Path, *, redis_url: str, database_url: str) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ,
        "AZURAFORGE_HOME": str(folder),
        "AZURAFORGE_DATABASE_URL": database_url,
        "AZURAFORGE_REDIS_URL": redis_url,
        "AZURAFORGE_WORKER_CONCURRENCY": str(EXPERIMENTS),
        "PYTHONPATH": install_talker(folder / "apps"),
    }
    with (folder / "worker.log").open("wb") as log:
        return subprocess.Popen([sys.executable, "-m", "azuraforge_worker"], env=environ, stdout=log, stderr=log)


def listen(redis_url: str, *, heard: list[float], is_over: threading.Event) -> None:
    """Note the moment of every epoch event on any channel."""
    with Redis.from_url(redis_url).pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.psubscribe(PROGRESS_PATTERN)
        while not is_over.is_set():
            message = pubsub.get_message(timeout=0.2)
            if message and Event.model_validate_json(message["data"]).type == EventType.EPOCH:
                heard.append(time.perf_counter())


def submit(ledger: Ledger) -> str:
    config = {"epochs": EPOCHS}
    new = NewExperiment(pipeline="talker", pipeline_version="1", name="talker", config=config, config_hash="0")
    return ledger.experiments.submit(new).experiment.task_id


def measure(folder: Path, *, redis_url: str) -> tuple[float, int]:
    """Events per second between the first and the last one heard, and how many the ledger holds."""
    database_url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    ledger = open_ledger(database_url)
    ledger.migrate()
    task_ids = [submit(ledger) for _ in range(EXPERIMENTS)]
    heard: list[float] = []
    is_over = threading.Event()
    listener = threading.Thread(target=listen, args=(redis_url,), kwargs={"heard": heard, "is_over": is_over})
    listener.start()
    worker = start_worker(folder, redis_url=redis_url, database_url=database_url)
    try:
        with make_celery(redis_url) as app:
            for task_id in task_ids:
                send_wake_up(app, task_id)
        deadline = time.monotonic() + LONGEST_S
        while any(ledger.experiments.get(task_id).finished_at is None for task_id in task_ids):
            if time.monotonic() > deadline:
                raise SystemExit((folder / "worker.log").read_text())
            time.sleep(0.1)
        time.sleep(0.5)
    finally:
        is_over.set()
        worker.terminate()
        worker.wait(60)
        listener.join()
    events = [event for task_id in task_ids for event in ledger.events.read(task_id, limit=10_000).items]
    ledger.close()
    return len(heard) / (heard[-1] - heard[0]), sum(event.type == EventType.EPOCH for event in events)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="azf-bench-") as folder, valkey_server() as redis_url:
        rate, stored = measure(Path(folder), redis_url=redis_url)
    assert stored == EXPERIMENTS * EPOCHS, f"{stored} events in the ledger, {EXPERIMENTS * EPOCHS} were acknowledged"
    print(f"{EXPERIMENTS} trainers, one worker: {rate:,.0f} events/s from pipe to ledger and Pub/Sub")
    print(json.dumps({"benchmark": "worker_events", "value": round(rate), "unit": "events/s"}))


if __name__ == "__main__":
    main()
