"""What was accepted is sent, whoever died in between; real processes on both databases."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import redis
from gateway_fakes import DEADLINE_S, OWNER, OWNER_KEY, FakeWorker, make_manifest, run_gateway, wait_until
from sqlalchemy import text

from azuraforge_contracts.names import QUEUE_TRAIN
from azuraforge_ledger import open_ledger

DIES_BEFORE_SENDING = """
import os, signal, sys
from azuraforge_api.__main__ import main
from azuraforge_api.broker import TrainQueue
TrainQueue.wake = lambda self, task_id: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(main())
"""


def start(source: list[str], environ: dict[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, *source],
        env={**os.environ, **environ, "AZURAFORGE_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"

    with httpx.Client(base_url=url) as client:

        def answers() -> bool:
            assert process.poll() is None, "the process ended"
            try:
                return client.get("/api/v1/health").status_code == 200
            except httpx.TransportError:
                return False

        try:
            wait_until(answers)
        except AssertionError:
            process.kill()
            raise
    return process, url


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_an_experiment_whose_api_was_killed_before_sending_is_sent_by_the_next(
    request: pytest.FixtureRequest, clean_redis: str, tmp_path: Path, database: str
) -> None:
    broker = redis.Redis.from_url(clean_redis)
    broker.flushall()
    database_url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    if database == "postgres":
        fresh: Callable[[], str] = request.getfixturevalue("fresh_postgres")
        database_url = fresh()
    environ = {
        "AZURAFORGE_HOME": str(tmp_path),
        "AZURAFORGE_DATABASE_URL": database_url,
        "AZURAFORGE_REDIS_URL": clean_redis,
        "AZURAFORGE_OWNER_KEY": OWNER_KEY,
    }
    worker = FakeWorker(clean_redis, [make_manifest()])
    process, url = start(["-c", DIES_BEFORE_SENDING], environ)
    key = {**OWNER, "Idempotency-Key": "one"}
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{url}/api/v1/experiments", json={"pipeline": "toy", "config": {}}, headers=key, timeout=DEADLINE_S)
    assert process.wait(10) == -signal.SIGKILL
    assert broker.llen(QUEUE_TRAIN) == 0
    ledger = open_ledger(database_url)
    with ledger.database.write() as connection:  # what was not claimed in 15 s is due; the test does not wait for it
        connection.execute(text("UPDATE outbox SET due_at = 0"))
    ledger.close()
    with run_gateway(database_url=database_url, redis_url=clean_redis, folder=tmp_path) as gateway:
        (item,) = gateway.client.get("/api/v1/experiments").json()["items"]
        wait_until(lambda: item["task_id"].encode() in b"".join(broker.lrange(QUEUE_TRAIN, 0, -1)))
        again = gateway.client.post("/api/v1/experiments", json={"pipeline": "toy", "config": {}}, headers=key)
        assert again.json()["task_id"] == item["task_id"]
    worker.leave()


def test_sigterm_ends_an_open_stream_properly_and_then_the_process(clean_redis: str, tmp_path: Path) -> None:
    environ = {"AZURAFORGE_HOME": str(tmp_path), "AZURAFORGE_REDIS_URL": clean_redis, "AZURAFORGE_OWNER_KEY": OWNER_KEY}
    worker = FakeWorker(clean_redis, [make_manifest()])
    process, url = start(["-m", "azuraforge_api"], environ)
    with httpx.Client(base_url=url, headers=OWNER, timeout=DEADLINE_S) as client:
        task_id = client.post("/api/v1/experiments", json={"pipeline": "toy", "config": {}}).json()["task_id"]
        with client.stream("GET", f"/api/v1/experiments/{task_id}/events/stream") as answer:
            lines = answer.iter_lines()
            next(lines)
            process.terminate()
            list(lines)  # raises when the stream is cut off, as it is when the server's own patience has to end it
    # uvicorn stops cleanly and then lets the signal end the process
    assert process.wait(DEADLINE_S) in {0, -signal.SIGTERM}
    worker.leave()


def test_a_setting_that_cannot_be_used_ends_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "azuraforge_api"]
    environ = {
        "PATH": os.environ["PATH"],
        "AZURAFORGE_HOME": str(tmp_path),
        "AZURAFORGE_PORT": "x",
        "AZURAFORGE_OWNER_KEY": "k" * 32,
    }
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("azuraforge-api: AZURAFORGE_PORT")
    assert "Traceback" not in ended.stderr
