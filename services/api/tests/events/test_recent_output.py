"""What a trainer said before somebody joined: over the socket, the stream and its own address."""

import json

import httpx
import redis
from gateway_fakes import DEADLINE_S, OWNER, FakeWorker, Gateway
from websockets.sync.client import connect

from azuraforge_contracts.names import RECENT_LOGS, recent_logs_key, recent_samples_key

SAMPLE = {"ts": "2026-11-24T18:00:00Z", "attempt": 1, "cpu_percent": 99.5, "memory_bytes": 5}


def keep(gateway: Gateway, task_id: str) -> None:
    store = redis.Redis.from_url(gateway.settings.redis_url)
    records = [{"level": "info", "message": f"line {number}", "n": number} for number in range(1, 301)]
    store.rpush(recent_logs_key(task_id), *map(json.dumps, records), "no record")
    store.rpush(recent_samples_key(task_id), json.dumps(SAMPLE))


def test_logs_and_samples_are_read_and_sent_after_the_replay(gateway: Gateway, worker: FakeWorker) -> None:
    task_id = gateway.submit()
    keep(gateway, task_id)

    answer = gateway.client.get(f"/api/v1/experiments/{task_id}/logs").json()
    assert [record["n"] for record in answer["logs"]] == list(range(302 - RECENT_LOGS, 301))
    assert answer["system"][0]["cpu_percent"] == 99.5

    address = f"{gateway.url.replace('http', 'ws')}/ws/task_status/{task_id}?after=0"
    with connect(address, additional_headers=OWNER) as socket:
        first, second = (json.loads(socket.recv(timeout=DEADLINE_S)) for _ in range(2))
    assert (first["type"], second) == ("state", answer)

    stream = f"{gateway.url}/api/v1/experiments/{task_id}/events/stream"
    with httpx.stream("GET", stream, headers=OWNER) as events:
        lines = events.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: recent"
        assert json.loads(next(lines).removeprefix("data: ")) == answer


def test_an_experiment_without_output_has_an_empty_answer(gateway: Gateway, worker: FakeWorker) -> None:
    answer = gateway.client.get(f"/api/v1/experiments/{gateway.submit()}/logs")
    assert answer.json() == {"type": "recent", "logs": [], "system": []}
    assert gateway.client.get("/api/v1/experiments/0197a1b2-0000-7000-8000-0000000000aa/logs").status_code == 404
