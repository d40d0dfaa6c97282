"""Houses for the tests of whole flows: real workers on real Valkey with SQLite and with PostgreSQL."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_servers import valkey_server
from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).parent / "lab"))  # the tests' own app and harness; no test folder is a package

from worker_house import House, install_lab, open_house


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Valkey of this test alone, so that no other test's workers hear its messages."""
    with valkey_server() as url:
        yield url


@pytest.fixture(scope="session")
def lab_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH with the lab app."""
    return install_lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture
def new_postgres(postgres_url: str) -> Callable[[], str]:
    """Makes empty databases on the shared server."""

    def make() -> str:
        name = f"azf_{uuid.uuid4().hex[:12]}"
        engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return postgres_url.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return sqlite_url
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    return make()


@pytest.fixture
def house(database_url: str, redis_url: str, lab_path: str, tmp_path: Path) -> Iterator[House]:
    """A house on either database."""
    with open_house(database_url=database_url, redis_url=redis_url, folder=tmp_path, pythonpath=lab_path) as opened:
        yield opened


@pytest.fixture
def sqlite_house(sqlite_url: str, redis_url: str, lab_path: str, tmp_path: Path) -> Iterator[House]:
    """A house on SQLite, for what does not depend on the database."""
    with open_house(database_url=sqlite_url, redis_url=redis_url, folder=tmp_path, pythonpath=lab_path) as opened:
        yield opened
