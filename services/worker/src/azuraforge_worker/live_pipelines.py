"""Which pipelines the live workers offer, as their announcements say."""

from __future__ import annotations

import time
from typing import cast

from pydantic import ValidationError
from redis import Redis
from redis.exceptions import RedisError

from azuraforge_contracts import WorkerAnnouncement
from azuraforge_contracts.names import WORKERS_KEY, worker_key


def find_live_pipelines(redis: Redis, *, ttl_s: float) -> set[str] | None:
    """Names of every live worker's pipelines; None when the broker cannot say."""
    try:
        since = time.time() - ttl_s
        workers = cast("list[bytes]", redis.zrangebyscore(WORKERS_KEY, since, "+inf"))
        raw = cast("list[bytes | None]", redis.mget([worker_key(name.decode()) for name in workers])) if workers else []
    except (RedisError, OSError):
        return None
    names: set[str] = set()
    for entry in raw:
        if entry is None:
            continue
        try:
            names.update(one.name for one in WorkerAnnouncement.model_validate_json(entry).pipelines)
        except ValidationError:  # a newer worker's words; its pipelines are not known to be absent
            return None
    return names
