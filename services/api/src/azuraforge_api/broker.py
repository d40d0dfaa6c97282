"""The wake-up for workers: one Celery message that carries an id. Losing it loses nothing, the relay sends again."""

from __future__ import annotations

import asyncio
import logging

from celery import Celery

from azuraforge_api.threads import Threads
from azuraforge_contracts import CELERY_SETTINGS, celery_broker_url
from azuraforge_contracts.names import CELERY_APP, QUEUE_TRAIN, TRAIN_TASK

logger = logging.getLogger(__name__)

SEND_TIMEOUT_S = 2.0


class TrainQueue:
    """Sends the id of an accepted experiment to whichever worker takes it first."""

    def __init__(self, redis_url: str) -> None:
        self._app = Celery(CELERY_APP, broker=celery_broker_url(redis_url), set_as_current=False)
        self._app.conf.update(CELERY_SETTINGS)
        self._threads = Threads("broker", size=2)

    def send(self, task_id: str) -> None:
        """Send now, in this thread; raises what the broker raises."""
        self._app.send_task(TRAIN_TASK, kwargs={"experiment_id": task_id}, queue=QUEUE_TRAIN, retry=False)

    async def wake(self, task_id: str) -> bool:
        """Try to send within two seconds; False leaves it to the relay."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._threads.run(lambda: self.send(task_id))
        except Exception as error:  # noqa: BLE001 - kombu raises each transport's own errors; the relay sends again
            logger.warning("experiment %s was not sent (%s); the relay will", task_id, type(error).__name__)
            return False
        return True

    def close(self) -> None:
        """Drop the connections."""
        self._threads.close()
        self._app.close()
