"""The short form of every row of `make chaos`: a house on each database, and a PostgreSQL that may be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from own_postgres import OwnPostgres, own_postgres
from scenario import OpenFaulty
from worker_house import House, open_house

FAULT_DEADLINE_S = 30.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL of this file alone."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def postgres_house(postgres: OwnPostgres, redis_url: str, lab_path: str, tmp_path: Path) -> Iterator[House]:
    """A house on the PostgreSQL that may be stopped."""
    url = postgres.make_database()
    with open_house(database_url=url, redis_url=redis_url, folder=tmp_path, pythonpath=lab_path) as opened:
        yield opened


@pytest.fixture
def faulty(sqlite_url: str, redis_url: str, lab_path: str, tmp_path: Path) -> OpenFaulty:
    """Opens a house on SQLite whose processes lack one safeguard."""

    @contextmanager
    def open_it(fault: str) -> Iterator[House]:
        with open_house(
            database_url=sqlite_url,
            redis_url=redis_url,
            folder=tmp_path,
            pythonpath=lab_path,
            fault=fault,
            deadline_s=FAULT_DEADLINE_S,
        ) as opened:
            yield opened

    return open_it
