"""A ledger on each of the two databases, empty for every test."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, insert, make_url, text

from azuraforge_ledger import DEFAULT_PROJECT, Ledger, open_ledger
from azuraforge_ledger.account_tables import project
from azuraforge_ledger.tables import metadata

sys.path.insert(0, str(Path(__file__).parent))  # test folders are no packages: ledger_accounts is found by path

BOTH = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def new_postgres_database(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases on the shared server; they go with the session."""
    made: list[str] = []
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")

    def create() -> str:
        made.append(f"azf_{uuid.uuid4().hex}")
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {made[-1]} TEMPLATE template0"))
        return make_url(postgres_url).set(database=made[-1]).render_as_string(hide_password=False)

    yield create
    with server.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def migrated_postgres(new_postgres_database: Callable[[], str]) -> str:
    """One migrated database that the tests empty, because creating one for each takes a hundred times as long."""
    url = new_postgres_database()
    ledger = open_ledger(url)
    ledger.migrate()
    ledger.close()
    return url


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("new_postgres_database")())


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest) -> str:
    """A migrated database without any row."""
    if request.param == "postgres":
        url = str(request.getfixturevalue("migrated_postgres"))
        _empty(url)
        return url
    url = str(request.getfixturevalue("sqlite_url"))
    shutil.copy(request.getfixturevalue("migrated_sqlite"), url.removeprefix("sqlite:///"))
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One migrated file that the tests copy."""
    file = tmp_path_factory.mktemp("migrated") / "ledger.sqlite3"
    ledger = open_ledger(f"sqlite:///{file}")
    ledger.migrate()
    ledger.close()
    return file


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A ledger without any row but the default project."""
    opened = open_ledger(ledger_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_ledger(sqlite_url: str, migrated_sqlite: Path) -> Iterator[Callable[[], Ledger]]:
    """Opens ledgers on one migrated SQLite file, each as another process would; after the test plants its fault."""
    shutil.copy(migrated_sqlite, sqlite_url.removeprefix("sqlite:///"))
    opened: list[Ledger] = []

    def open_one() -> Ledger:
        opened.append(open_ledger(sqlite_url))
        return opened[-1]

    yield open_one
    for ledger in opened:
        ledger.close()


def _empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):  # a few rows: much faster than TRUNCATE
            connection.execute(delete(table))
        values = {"id": DEFAULT_PROJECT, "name": "default", "name_key": "default", "created_at": 0}
        connection.execute(insert(project).values(values))
    engine.dispose()
