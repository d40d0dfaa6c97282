"""One busy worker that many tests look at: trainings are slow to start, and here they start together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from live_servers import valkey_server
from worker_house import House, open_house


@pytest.fixture(scope="module")
def shared_house(lab_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house on SQLite for a whole file, with one worker that trains three at a time."""
    folder = tmp_path_factory.mktemp("house")
    url = f"sqlite:///{folder / 'ledger.sqlite3'}"
    with (
        valkey_server() as redis_url,
        open_house(database_url=url, redis_url=redis_url, folder=folder, pythonpath=lab_path) as house,
    ):
        house.start_worker(AZURAFORGE_WORKER_CONCURRENCY="3", AZURAFORGE_STOP_GRACE_S="20", LAB_SECRET="hidden")
        yield house
