"""Ten seconds without the database do not fail a training."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azuraforge_lab.steady import SteadyConfig
from invariants import find_wrongs
from sqlalchemy import create_engine, text
from worker_house import House, open_house

from azuraforge_contracts import ExperimentState

AWAY_S = 10.0
CONFIG = SteadyConfig(epochs=20, batches=4, pause_s=0.04)


@pytest.fixture
def postgres_house(new_postgres: Callable[[], str], redis_url: str, lab_path: str, tmp_path: Path) -> Iterator[House]:
    """A house on PostgreSQL."""
    url = new_postgres()
    with open_house(database_url=url, redis_url=redis_url, folder=tmp_path, pythonpath=lab_path) as opened:
        yield opened


@pytest.mark.postgres
def test_a_training_outlives_ten_seconds_without_the_database(postgres_house: House, postgres_url: str) -> None:
    postgres_house.start_worker()
    task_id = postgres_house.submit("lab_steady", CONFIG.model_dump(mode="json"))
    postgres_house.wait_for_epoch(task_id, 2)

    _shut(postgres_url, postgres_house.database_url, seconds=AWAY_S)

    found = postgres_house.wait_for_state(task_id, ExperimentState.SUCCEEDED)
    assert (found.attempt, found.crashes) == (1, 0)
    assert find_wrongs(postgres_house, task_id, config=CONFIG) == []


def _shut(server_url: str, database_url: str, *, seconds: float) -> None:
    """Refuse every connection to the database for a while, open ones included."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        time.sleep(seconds)
        connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))
    engine.dispose()
