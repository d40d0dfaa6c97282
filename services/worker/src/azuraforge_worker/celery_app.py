"""The Celery side of the worker: one task that takes an id and calls a plain function."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import Celery, signals

from azuraforge_contracts import CELERY_SETTINGS, celery_broker_url
from azuraforge_contracts.names import CELERY_APP, QUEUE_LIGHT, QUEUE_TRAIN, TRAIN_TASK
from azuraforge_worker.settings import WorkerSettings
from azuraforge_worker.strict_transport import StrictTransport

log = logging.getLogger(__name__)


class WakeUps(Celery):
    """Celery that hears nothing but wake-ups."""

    def connection_for_read(self, *args: Any, **options: Any) -> Any:
        """The consumer's connection."""
        connection = super().connection_for_read(*args, **options)
        connection.transport_cls = StrictTransport  # type: ignore[assignment]  # a class is as good as its name
        return connection


def make_celery(redis_url: str) -> Celery:
    """A Celery app on the broker; it can send, and work once a task is registered."""
    app = WakeUps(CELERY_APP, broker=celery_broker_url(redis_url), set_as_current=False)
    app.conf.update(CELERY_SETTINGS)
    app.conf.worker_hijack_root_logger = False
    app.conf.worker_redirect_stdouts = False
    app.conf.worker_cancel_long_running_tasks_on_connection_loss = False
    app.conf.worker_enable_remote_control = False  # whoever reaches the broker could stop the worker with it
    return app


def register_train_task(app: Celery, supervise: Callable[[str], None]) -> None:
    """Make `start_training_pipeline` call `supervise` with the id it was sent."""

    @app.task(name=TRAIN_TASK, ignore_result=True)
    def start_training_pipeline(experiment_id: object = None, *_rest: object, **_named: object) -> None:
        if isinstance(experiment_id, str):
            supervise(experiment_id)
        else:
            log.warning("a wake-up without an id is ignored")


def send_wake_up(app: Celery, task_id: str) -> None:
    """Ask some worker to look at the experiment; raises when the broker is away."""
    app.send_task(TRAIN_TASK, args=[task_id], retry=False, ignore_result=True)


def run_celery_worker(
    app: Celery, *, settings: WorkerSettings, on_ready: Callable[[], None], on_stop: Callable[[], None]
) -> int:
    """Consume until a signal asks to stop; returns the exit status once every running task has returned."""

    def ready(**_details: object) -> None:
        on_ready()

    def stopping(**_details: object) -> None:
        on_stop()

    def leave_logging_alone(**_details: object) -> None:
        logging.getLogger("celery").setLevel(logging.WARNING)

    signals.setup_logging.connect(leave_logging_alone, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(stopping, weak=False)
    worker = app.Worker(
        pool="threads",
        concurrency=settings.concurrency,
        queues=[QUEUE_TRAIN, QUEUE_LIGHT],
        hostname=f"{settings.worker_id}@worker",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel="WARNING",
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)
