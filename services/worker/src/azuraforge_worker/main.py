"""`python -m azuraforge_worker`: reads the settings, waits for ledger and broker, then works until it is stopped."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from azuraforge_contracts import SettingError
from azuraforge_contracts.logs import start_logging
from azuraforge_contracts.secrecy import close_memory, forget_secrets
from azuraforge_ledger import ArtifactStore
from azuraforge_worker.celery_app import make_celery, register_train_task, run_celery_worker
from azuraforge_worker.desk import Desk
from azuraforge_worker.errors import StartRefused
from azuraforge_worker.event_publisher import EventPublisher
from azuraforge_worker.order_listener import OrderListener
from azuraforge_worker.service import Service
from azuraforge_worker.settings import WorkerSettings, read_settings
from azuraforge_worker.slots import Slots
from azuraforge_worker.start import open_current_ledger, wait_for_broker
from azuraforge_worker.supervisor import supervise_experiment
from azuraforge_worker.trainer_user import TrainerUserUnusable, check_trainer_user
from azuraforge_worker.walls import WallsMissing, find_mode, missing_walls

log = logging.getLogger(__name__)
EXIT_SETTINGS: Final = 2
EXIT_NOT_STARTED: Final = 3


def main() -> int:
    """Exit status: 0 after a signal, 2 for a wrong setting, 3 when ledger or broker did not come."""
    try:
        close_memory()
        start_logging(os.environ, service="worker")
        settings = read_settings(os.environ)
        check_trainer_user(os.environ, work=settings.work)
        find_mode(os.environ)
        for missing in missing_walls():
            log.warning("the walls around trainers have a gap: %s", missing)
        forget_secrets(os.environ)
        log.info("%s", settings.printable())
        return work(settings, environ=dict(os.environ))
    except (SettingError, TrainerUserUnusable, WallsMissing) as error:
        return _refuse(str(error), status=EXIT_SETTINGS)
    except StartRefused as error:
        return _refuse(str(error), status=EXIT_NOT_STARTED)


def work(settings: WorkerSettings, *, environ: Mapping[str, str]) -> int:
    """Assemble the parts and run them until a signal comes.

    Raises:
        StartRefused: the ledger or the broker did not come in time.
    """
    deadline = time.monotonic() + settings.start_wait_s
    with ExitStack() as stack:
        ledger = open_current_ledger(settings.database_url, deadline=deadline)
        stack.callback(ledger.close)
        redis = connect(settings.redis_url)
        stack.callback(redis.close)
        wait_for_broker(redis, deadline=deadline)
        publisher = EventPublisher(redis)
        stack.callback(publisher.close)
        listener = OrderListener(redis)
        stack.callback(listener.close)
        store = ArtifactStore(settings.artifacts)
        desk = Desk(
            settings=settings,
            ledger=ledger,
            store=store,
            publisher=publisher,
            listener=listener,
            environ=environ,
            slots=Slots(gpus=settings.gpus, count=settings.concurrency),
        )
        app = make_celery(settings.redis_url)
        stack.callback(app.close)
        register_train_task(app, partial(supervise_experiment, desk=desk))
        service = Service(desk, redis=redis, app=app)
        stack.callback(service.close)
        return run_celery_worker(app, settings=settings, on_ready=service.start, on_stop=service.stop)


def connect(url: str) -> Redis:
    """A client with short timeouts: nothing that a training waits for may hang on the broker.

    Raises:
        StartRefused: the URL cannot be read.
    """
    try:
        return Redis.from_url(url, socket_connect_timeout=2.0, socket_timeout=5.0, health_check_interval=15)
    except (ValueError, RedisError) as error:
        raise StartRefused(f"AZURAFORGE_REDIS_URL cannot be used: {error}.") from error


def _refuse(sentence: str, *, status: int) -> int:
    sys.stderr.write(f"azuraforge-worker: {sentence}\n")
    return status
