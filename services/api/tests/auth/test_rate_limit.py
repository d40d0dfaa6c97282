"""The token bucket."""

from azuraforge_api.auth.rate_limit import MAX_KEYS, RateLimit


def test_tries_come_back_with_time_and_addresses_do_not_share() -> None:
    now = [0.0]
    limit = RateLimit(burst=2, period_s=10, clock=lambda: now[0])
    assert [limit.take("a"), limit.take("a")] == [0.0, 0.0]
    assert limit.take("a") == 10.0
    assert limit.take("b") == 0.0
    now[0] = 10.0
    assert limit.take("a") == 0.0
    assert limit.take("a") > 0


def test_memory_ends_with_the_quietest_address() -> None:
    limit = RateLimit(clock=lambda: 0.0)
    for number in range(MAX_KEYS + 50):
        limit.take(str(number))
    assert len(limit._buckets) == MAX_KEYS
    assert "0" not in limit._buckets
