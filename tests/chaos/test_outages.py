"""The gateway killed, the broker killed and flushed, the database stopped at once or away: nothing accepted is lost."""

from __future__ import annotations

import time

import pytest
from invariants import find_wrongs
from own_postgres import OwnPostgres
from scenarios.gateways import kill_the_gateway
from scenarios.outages import CONFIG, lose_the_broker, lose_the_database
from sqlalchemy import create_engine, text
from worker_house import House

from azuraforge_contracts import ExperimentState

AWAY_S = 5.0


def test_a_gateway_killed_while_experiments_are_posted_and_watched_loses_nothing(sqlite_house: House) -> None:
    assert kill_the_gateway(sqlite_house, 2).wrongs == []


def test_a_broker_that_comes_back_empty_loses_nothing(sqlite_house: House) -> None:
    assert lose_the_broker(sqlite_house, 1).wrongs == []


@pytest.mark.postgres
def test_a_database_that_was_stopped_at_once_has_everything(postgres_house: House, postgres: OwnPostgres) -> None:
    assert lose_the_database(postgres)(postgres_house, 1).wrongs == []


@pytest.mark.postgres
def test_a_training_outlives_the_database_s_absence(postgres_house: House, postgres: OwnPostgres) -> None:
    postgres_house.start_worker(LAB_BARE="1")
    task_id = postgres_house.train(CONFIG)
    postgres_house.wait_for_epoch(task_id, 2)

    _shut(postgres.url, postgres_house.database_url, seconds=AWAY_S)

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
