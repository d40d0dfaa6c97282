"""A thread that looks at the ledger every few seconds and puts right what waits there."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError

from azuraforge_contracts import Event, WorkerAnnouncement
from azuraforge_contracts.names import ANNOUNCEMENT_TTL_S, WORKERS_KEY, progress_channel, worker_key
from azuraforge_ledger import Ledger, LedgerError, PassMemory
from azuraforge_ledger.housekeeping import run_pass

logger = logging.getLogger(__name__)

PERIOD_S = 1.0


class Housekeeping:
    """The thread. Its Redis client is its own: nothing here waits for the event loop, or the other way round."""

    def __init__(
        self, ledger: Ledger, *, redis_url: str, send: Callable[[str], None], period_s: float = PERIOD_S
    ) -> None:
        self._ledger = ledger
        self._send = send
        self._period_s = period_s
        self._redis = Redis.from_url(redis_url, decode_responses=True, socket_timeout=5, socket_connect_timeout=2)
        self._memory = PassMemory()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin with a pass at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the pass that runs."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._redis.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._pass()
            except LedgerError as error:
                logger.warning("housekeeping waits for the ledger: %s", type(error).__name__)
            except Exception:
                logger.exception("a housekeeping pass failed; the next one tries again")
            self._stop.wait(self._period_s)

    def _pass(self) -> None:
        report = run_pass(
            self._ledger, self._memory, send=self._send, publish=self._publish, live_pipelines=self._live_pipelines
        )
        if report.sent or report.reaped or report.failed:
            logger.info("housekeeping: sent %s, reaped %s, failed %s", report.sent, report.reaped, report.failed)

    def _publish(self, event: Event) -> None:
        self._redis.publish(progress_channel(event.experiment), event.model_dump_json())

    def _live_pipelines(self) -> set[str] | None:
        try:
            ids = self._redis.zrangebyscore(WORKERS_KEY, time.time() - ANNOUNCEMENT_TTL_S, "+inf")
            texts = self._redis.mget([worker_key(str(one)) for one in ids]) if ids else []
            found = [WorkerAnnouncement.model_validate_json(text) for text in texts if text]
        except (RedisError, OSError, ValueError) as error:
            logger.warning("nobody can tell which workers live: %s", type(error).__name__)
            return None
        return {manifest.name for one in found for manifest in one.pipelines}
