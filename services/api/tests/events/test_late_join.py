"""Whoever joins, whenever: what was stored before and what comes after are together the whole history."""

import asyncio
from pathlib import Path

import pytest
from late_join import Deaf, Naive, run_schedules


@pytest.mark.parametrize("seed", [1, 2])
def test_history_and_stream_are_the_whole_in_every_schedule(clean_redis: str, tmp_path: Path, seed: int) -> None:
    outcome = asyncio.run(run_schedules(tmp_path, redis_url=clean_redis, count=60, seed=seed))
    assert (outcome.schedules, outcome.wrong) == (60, [])


def test_the_check_notices_who_reads_first_and_joins_afterwards(clean_redis: str, tmp_path: Path) -> None:
    outcome = asyncio.run(
        run_schedules(tmp_path, redis_url=clean_redis, count=20, seed=3, service=Naive, patience_s=0.5)
    )
    assert outcome.wrong


def test_the_check_notices_who_hands_on_whatever_comes(clean_redis: str, tmp_path: Path) -> None:
    outcome = asyncio.run(run_schedules(tmp_path, redis_url=clean_redis, count=20, seed=4, hub=Deaf, patience_s=0.5))
    assert outcome.wrong
