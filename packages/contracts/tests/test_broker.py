"""The broker only wakes: the settings that make it so."""

import pytest

from azuraforge_contracts import CELERY_SETTINGS, celery_broker_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock"),
        ("unix:///run/valkey.sock?db=2", "redis+socket:///run/valkey.sock?virtual_host=2"),
        ("redis://:pw@127.0.0.1:6379/0", "redis://:pw@127.0.0.1:6379/0"),
        ("rediss://broker.example:6380/1", "rediss://broker.example:6380/1"),
    ],
)
def test_a_redis_url_becomes_the_same_server_for_celery(url: str, expected: str) -> None:
    assert celery_broker_url(url) == expected


def test_messages_are_json_and_acknowledged_when_received() -> None:
    assert CELERY_SETTINGS["accept_content"] == ["json"]
    assert CELERY_SETTINGS["task_acks_late"] is False
    assert CELERY_SETTINGS["worker_prefetch_multiplier"] == 1
    assert CELERY_SETTINGS["broker_connection_max_retries"] is None
