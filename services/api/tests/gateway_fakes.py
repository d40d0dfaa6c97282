"""A real gateway on a real Valkey and database, and a worker of our own: no engine is installed where these run."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import redis
import uvicorn
from pydantic import BaseModel, ConfigDict, Field

from azuraforge_api import Settings, create_app
from azuraforge_api.edge.guarded_http import HttpLimits
from azuraforge_api.serving import server_config
from azuraforge_contracts import (
    Localized,
    PipelineManifest,
    PreflightReply,
    PreflightRequest,
    WorkerAnnouncement,
    new_id,
)
from azuraforge_contracts.names import WORKERS_KEY, preflight_queue, preflight_reply, worker_key
from azuraforge_ledger import Ledger, open_ledger

OWNER_KEY = "owner-key-of-the-tests-0123456789"
OWNER = {"Authorization": f"Bearer {OWNER_KEY}"}
DEADLINE_S = 60.0
"""When a test gives up on what should have happened long ago; nothing is proved by how soon it comes."""


def wait_until(is_true: Callable[[], object], *, deadline_s: float = DEADLINE_S) -> None:
    """Poll until `is_true()`; fail after the deadline."""
    end = time.monotonic() + deadline_s
    while not is_true():
        assert time.monotonic() < end, "the deadline passed"
        time.sleep(0.01)


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SampleSource(Part):
    kind: Literal["sample"] = "sample"


class CsvSource(Part):
    kind: Literal["csv"] = "csv"
    csv: str = Field(min_length=1, json_schema_extra={"contentMediaType": "text/csv"})
    column: str = "close"


class Training(Part):
    epochs: int = Field(default=5, ge=1, le=2000)
    learning_rate: float = Field(default=0.01, gt=0, le=1)
    seed: int = Field(default=7, ge=0)


class Config(Part):
    source: SampleSource | CsvSource = Field(default_factory=SampleSource, discriminator="kind")
    training: Training = Field(default_factory=Training)
    transform: Literal["log", "none"] = "log"
    note: str | None = Field(default=None, max_length=20)
    features: list[str] = Field(default_factory=list, max_length=3)


def make_manifest(name: str = "toy", *, version: str = "1.0.0") -> PipelineManifest:
    words = Localized(tr="Oyuncak", en="Toy")
    return PipelineManifest(
        name=name,
        version=version,
        app="azuraforge-toy",
        title=words,
        description=words,
        task="time_series",
        config_schema=Config.model_json_schema(),
        defaults=Config().model_dump(mode="json"),
    )


class FakeWorker:
    """Announces pipelines and answers preflights, as a worker process does; it trains nothing."""

    def __init__(self, redis_url: str, manifests: list[PipelineManifest], *, answers: bool = True) -> None:
        self.id = new_id()
        self.manifests = manifests
        self.asked: list[PreflightRequest] = []
        self.answer: Callable[[PreflightRequest], dict[str, Any]] = lambda _: {"status": "ok"}
        self._redis = redis.Redis.from_url(redis_url, decode_responses=True)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.announce()
        if answers:
            self._thread.start()

    def announce(self, **extra: Any) -> None:
        announcement = WorkerAnnouncement(
            worker_id=self.id,
            host="test",
            pid=1,
            started_at="2026-11-20T18:00:00Z",
            version="0.1.0",
            pipelines=self.manifests,
            **extra,
        )
        self._redis.set(worker_key(self.id), announcement.model_dump_json(), ex=30)
        self._redis.zadd(WORKERS_KEY, {self.id: time.time()})

    def leave(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._redis.zrem(WORKERS_KEY, self.id)
        self._redis.delete(worker_key(self.id))
        self._redis.close()

    def _serve(self) -> None:
        queues = [preflight_queue(manifest.name) for manifest in self.manifests]
        announced_at = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() - announced_at > 5:
                self.announce()
                announced_at = time.monotonic()
            taken = self._redis.brpop(queues, timeout=0.1)
            if taken is None:
                continue
            request = PreflightRequest.model_validate_json(taken[1])
            self.asked.append(request)
            reply = PreflightReply(request_id=request.request_id, **self.answer(request))
            key = preflight_reply(request.request_id)
            self._redis.lpush(key, reply.model_dump_json())
            self._redis.expire(key, 30)


@dataclass
class Gateway:
    """A running server."""

    url: str
    settings: Settings
    ledger: Ledger
    app: Any
    client: httpx.Client
    """Signed in with the owner key."""

    def submit(self, **body: Any) -> str:
        answer = self.client.post("/api/v1/experiments", json={"pipeline": "toy", **body})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["task_id"])

    def stranger(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=DEADLINE_S)


@contextmanager
def run_gateway(
    *,
    database_url: str,
    redis_url: str,
    folder: Path,
    static: Path | None = None,
    limits: HttpLimits | None = None,
    **options: Any,
) -> Iterator[Gateway]:
    """Serve from a thread, on a port of its own, until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    host, port = listener.getsockname()
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        owner_key=OWNER_KEY,
        artifacts=folder / "artifacts",
        host=host,
        port=port,
        **options.pop("settings", {}),
    )
    ledger = open_ledger(database_url)
    ledger.migrate()
    app = create_app(settings, static_folder=static or folder / "static", **options)
    server = uvicorn.Server(server_config(app, settings, limits=limits))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    with ExitStack() as stack:
        stack.callback(ledger.close)
        stack.callback(thread.join, DEADLINE_S)
        stack.callback(setattr, server, "should_exit", True)
        wait_until(lambda: server.started or not thread.is_alive())
        assert thread.is_alive(), "the gateway did not start"
        url = f"http://{host}:{port}"
        client = stack.enter_context(httpx.Client(base_url=url, headers=OWNER, timeout=DEADLINE_S))
        yield Gateway(url, settings, ledger, app, client)


def refused_status(body: dict[str, Any]) -> int:
    """How a body is refused: 400 where its name does not even print, else 422 for what the name should be."""
    name = body.get("name")
    return 400 if isinstance(name, str) and any(one in name for one in "\u202e\u2066\x07") else 422
