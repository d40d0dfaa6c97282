"""The threads beside the trainings: announcer, preflight, housekeeping, and a stop that cannot hang."""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Final

from celery import Celery
from redis import Redis

from azuraforge_contracts import WorkerAnnouncement
from azuraforge_ledger.housekeeping import PassMemory, run_pass
from azuraforge_worker.announcer import Announcer
from azuraforge_worker.catalog_reader import Findings, read_catalog
from azuraforge_worker.celery_app import send_wake_up
from azuraforge_worker.desk import Desk
from azuraforge_worker.environment import child_environment
from azuraforge_worker.folder_sweeper import sweep
from azuraforge_worker.housekeeping import Housekeeper
from azuraforge_worker.kernels import warm_kernels
from azuraforge_worker.live_pipelines import find_live_pipelines
from azuraforge_worker.preflight_responder import PreflightResponder
from azuraforge_worker.queue_poller import QueuePoller
from azuraforge_worker.supervisor import train_what_waits

log = logging.getLogger(__name__)
STOP_MARGIN_S: Final = 15.0
"""What leaving may take beyond the grace of the trainers; afterwards the process ends itself."""

SWEEP_PERIOD_S: Final = 600.0


class Service:
    """Everything that lives as long as the worker and trains nothing."""

    def __init__(self, desk: Desk, *, redis: Redis, app: Celery) -> None:
        self._desk = desk
        self._redis = redis
        settings = desk.settings
        self._started_at = datetime.now(UTC)
        self._findings: Findings | None = None
        self._environ = child_environment(
            desk.environ, device=settings.device, threads=1, mark=f"worker/{settings.worker_id}"
        )
        self._announcer = Announcer(
            redis, describe=self._describe, ttl_s=settings.announcement_ttl_s, period_s=settings.announcement_s
        )
        self._responder = PreflightResponder(
            redis,
            list_pipelines=self._list_pipelines,
            environ=self._environ,
            mark=f"worker/{settings.worker_id}",
            idle_s=settings.preflight_idle_s,
        )
        self._housekeeper = Housekeeper(
            partial(
                run_pass,
                desk.ledger,
                PassMemory(),
                send=partial(send_wake_up, app),
                publish=lambda event: desk.publisher.publish([event]),
                live_pipelines=partial(find_live_pipelines, redis, ttl_s=settings.announcement_ttl_s),
            ),
            period_s=settings.housekeeping_s,
        )
        self._sweeper = Housekeeper(
            partial(sweep, settings.work, ledger=desk.ledger, store=desk.store), period_s=SWEEP_PERIOD_S, is_eager=True
        )
        self._poller = QueuePoller(desk, train=partial(train_what_waits, desk), period_s=settings.housekeeping_s)
        self._catalog_thread = threading.Thread(target=self._look_at_apps, name="catalog", daemon=True)
        warm = partial(warm_kernels, environ=self._environ, mark=f"worker/{settings.worker_id}")
        self._kernel_thread = threading.Thread(target=warm, name="kernels", daemon=True)
        self._is_started = False

    def start(self) -> None:
        """Called when Celery consumes: look at the apps, then announce them; keep house meanwhile."""
        self._is_started = True
        self._housekeeper.start()
        self._sweeper.start()
        self._poller.start()
        self._catalog_thread.start()
        self._kernel_thread.start()

    def stop(self) -> None:
        """Called in the signal's handler: trainers are asked to stop; the process ends in time whatever hangs."""
        self._desk.stopping.begin()
        deadline = threading.Timer(self._desk.settings.stop_grace_s + STOP_MARGIN_S, os._exit, args=(1,))
        deadline.daemon = True
        deadline.start()

    def close(self) -> None:
        """End the threads and take the announcement back."""
        self._desk.stopping.begin()
        if self._is_started:
            self._housekeeper.close()
            self._sweeper.close()
            self._poller.close()
            self._catalog_thread.join()
            if self._findings is not None:
                self._announcer.close()
                self._responder.close()

    def _look_at_apps(self) -> None:
        findings = read_catalog(environ=self._environ, mark=f"worker/{self._desk.settings.worker_id}")
        for broken in findings.broken:
            log.warning("app %s is broken: %s", broken.entry_point, broken.error)
        log.info("pipelines: %s", ", ".join(one.name for one in findings.pipelines) or "none")
        if self._desk.stopping:
            return
        self._findings = findings
        self._desk.offered.learn(one.name for one in findings.pipelines)
        self._announcer.start()
        self._responder.start()

    def _list_pipelines(self) -> list[str]:
        return [one.name for one in self._findings.pipelines] if self._findings else []

    def _describe(self) -> WorkerAnnouncement:
        settings, findings = self._desk.settings, self._findings or Findings()
        return WorkerAnnouncement(
            worker_id=settings.worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=self._started_at.isoformat(),
            version=version("azuraforge-worker"),
            device=findings.device or settings.device,
            device_reason=findings.device_reason,
            capacity=settings.concurrency,
            busy=self._desk.busy.count,
            pipelines=findings.pipelines,
            broken=findings.broken,
        )
