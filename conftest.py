"""Servers that several members' tests share; each starts once per test process, when first asked for."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from live_servers import postgres_server, valkey_server

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # read when NumPy loads; two pools on two cores cost a factor of ten

# How fast examples come is a fact about a busy machine, not about the code under test.
settings.register_profile("fast", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
settings.register_profile("full", settings.get_profile("fast"), max_examples=500)
settings.load_profile("fast")


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """URL of a real Valkey on a private socket, shared by the tests of one process."""
    with valkey_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a real PostgreSQL, shared by the tests of one process."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file of this test alone."""
    return f"sqlite:///{tmp_path / f'ledger-{uuid.uuid4().hex[:8]}.sqlite3'}"
