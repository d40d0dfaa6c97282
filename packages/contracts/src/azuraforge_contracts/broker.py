"""How API and worker speak to the broker: one URL rule and one set of Celery settings.

The broker only wakes; the ledger decides. So messages are acknowledged early, results are ignored, nothing is
prefetched, and a lost connection is tried again for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

from azuraforge_contracts.names import QUEUE_LIGHT, QUEUE_TRAIN, TRAIN_TASK

CELERY_SETTINGS: Final[Mapping[str, object]] = {
    "accept_content": ["json"],
    "broker_connection_max_retries": None,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "health_check_interval": 10,
        "retry_on_timeout": True,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "socket_timeout": 15,
    },
    "result_backend": None,
    "task_acks_late": False,
    "task_default_queue": QUEUE_LIGHT,
    "task_ignore_result": True,
    "task_routes": {TRAIN_TASK: {"queue": QUEUE_TRAIN}},
    "task_serializer": "json",
    "worker_prefetch_multiplier": 1,
}


def celery_broker_url(redis_url: str) -> str:
    """The same server as Celery spells it: redis-py's `unix://` is kombu's `redis+socket://`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db")
    return f"redis+socket://{parts.path}" + (f"?virtual_host={database[0]}" if database else "")
