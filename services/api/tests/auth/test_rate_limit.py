"""The token bucket, in this process and shared over Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from azuraforge_api.auth.rate_limit import MAX_KEYS, RateLimit, SharedLimit
from azuraforge_api.edge.client_address import network_of
from azuraforge_api.redis_link import open_redis
from azuraforge_contracts import new_id


def test_tries_come_back_with_time_and_keys_do_not_share() -> None:
    now = [0.0]
    limit = RateLimit(burst=2, period_s=10, clock=lambda: now[0])
    assert [limit.take("a"), limit.take("a")] == [0.0, 0.0]
    assert limit.take("a") == 10.0
    assert limit.take("b") == 0.0
    now[0] = 10.0
    assert limit.take("a") == 0.0
    assert limit.take("a") > 0
    limit.forgive("a")
    assert limit.take("a") == 0.0


def test_memory_ends_with_the_quietest_key() -> None:
    limit = RateLimit(clock=lambda: 0.0)
    for number in range(MAX_KEYS + 50):
        limit.take(str(number))
    assert len(limit._buckets) == MAX_KEYS
    assert "0" not in limit._buckets


def with_redis(url: str, play: Callable[[Redis], Awaitable[None]]) -> None:
    async def run() -> None:
        redis = open_redis(url)
        try:
            await play(redis)
        finally:
            await redis.aclose()

    asyncio.run(run())


def make_limit(redis: Redis, name: str, *, burst: int = 3) -> SharedLimit:
    return SharedLimit(redis, name=name, alone=RateLimit(burst=burst, period_s=3600))


def test_all_processes_count_together(valkey_url: str) -> None:
    async def play(redis: Redis) -> None:
        name = new_id()
        first, second = make_limit(redis, name), make_limit(redis, name)
        waits = [await one.take("192.0.2.7") for one in (first, second, first, second, first)]
        assert waits[:3] == [0.0] * 3
        assert all(3599 < wait <= 3600 for wait in waits[3:])
        assert await second.take("192.0.2.8") == 0.0
        await first.forgive("192.0.2.7")
        assert await second.take("192.0.2.7") == 0.0

    with_redis(valkey_url, play)


def test_a_try_that_was_no_guess_comes_back_and_no_other_one(valkey_url: str) -> None:
    async def play(redis: Redis) -> None:
        shared = make_limit(redis, new_id(), burst=2)
        for _ in range(10):
            assert await shared.take("192.0.2.7") == 0.0
            await shared.give_back("192.0.2.7")
        assert [await shared.take("192.0.2.7") for _ in range(2)] == [0.0, 0.0]
        assert await shared.take("192.0.2.7") > 0
        await shared.give_back("192.0.2.9")
        assert await redis.pttl(shared._name("192.0.2.7")) > 0

    with_redis(valkey_url, play)


def test_a_process_alone_gives_back_one_try() -> None:
    limit = RateLimit(burst=2, period_s=3600, clock=lambda: 0.0)
    assert [limit.take("a"), limit.take("a")] == [0.0, 0.0]
    limit.give_back("a")
    limit.give_back("never seen")
    assert limit.take("a") == 0.0
    assert limit.take("a") > 0


def test_what_was_counted_is_forgotten_with_time(valkey_url: str) -> None:
    async def play(redis: Redis) -> None:
        limit = make_limit(redis, new_id())
        await limit.take("192.0.2.7")
        left_ms = await redis.pttl(limit._name("192.0.2.7"))
        assert 3600 * 1000 < left_ms <= 4 * 3600 * 1000

    with_redis(valkey_url, play)


def test_nobodys_words_are_keys_in_redis(valkey_url: str) -> None:
    async def play(redis: Redis) -> None:
        name = new_id()
        await make_limit(redis, name).take("ayşe\x00\ud800")
        assert [key for key in await redis.keys(f"*{name}*") if "ay" in key.rpartition(":")[2]] == []

    with_redis(valkey_url, play)


def test_while_redis_is_away_each_process_counts_alone() -> None:
    async def play(redis: Redis) -> None:
        limit = make_limit(redis, "away")
        assert [await limit.take("a") > 0 for _ in range(5)] == [False] * 3 + [True] * 2
        await limit.forgive("a")
        assert await limit.take("a") == 0.0

    with_redis("unix:///nowhere/valkey.sock", play)


@pytest.mark.parametrize("addresses", [[f"2001:db8::{n:x}" for n in range(2000)], ["192.0.2.7"] * 2000])
def test_one_client_is_one_key_whatever_addresses_it_chooses(addresses: list[str]) -> None:
    limit = RateLimit(burst=10, clock=lambda: 0.0)
    assert sum(limit.take(network_of(address)) == 0.0 for address in addresses) == 10
