"""Fixtures of the gateway's tests."""

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).parent))  # test folders are no packages, so gateway_fakes is found by path

from gateway_fakes import DEADLINE_S, FakeWorker, Gateway, make_manifest, run_gateway, wait_until


@pytest.fixture(scope="module")
def clean_redis(valkey_url: str) -> str:
    """The shared Valkey, emptied."""
    redis.Redis.from_url(valkey_url).flushall()
    return valkey_url


@pytest.fixture(scope="module")
def gateway(clean_redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway on SQLite for the tests of a module."""
    folder = tmp_path_factory.mktemp("gateway")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with run_gateway(database_url=url, redis_url=clean_redis, folder=folder, preflight_wait_s=DEADLINE_S) as running:
        yield running


@pytest.fixture(scope="module")
def worker(gateway: Gateway) -> Iterator[FakeWorker]:
    """A live worker that offers the pipeline `toy` and finds every config good."""
    worker = FakeWorker(gateway.settings.redis_url, [make_manifest()])
    wait_until(lambda: gateway.client.get("/api/v1/pipelines").json()["workers"] >= 1)
    yield worker
    worker.leave()


@pytest.fixture(scope="session")
def fresh_postgres(postgres_url: str) -> Callable[[], str]:
    """Makes URLs of empty databases on the shared PostgreSQL."""

    def create() -> str:
        name = f"azf_{uuid.uuid4().hex[:12]}"
        engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        head, _, tail = postgres_url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}" + (f"?{tail}" if tail else "")

    return create
