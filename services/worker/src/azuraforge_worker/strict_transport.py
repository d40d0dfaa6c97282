"""Kombu's Redis transport, deaf to everything but wake-ups.

Whoever reaches the broker can put any bytes on the queues. Kombu and Celery trust their own: a message that is no JSON
ends the worker, one that fails after it was counted takes its place in the prefetch window for an hour, and headers
name callbacks, delays and other tasks. So of each message only the experiment's id is read, with everything around it
made anew; what has none is dropped and logged.
"""

from __future__ import annotations

import base64
import json
import logging
from queue import Empty
from typing import Any, Final

from kombu.transport.redis import Channel, Transport

from azuraforge_contracts import is_id, new_id
from azuraforge_contracts.names import QUEUE_TRAIN, TRAIN_TASK

log = logging.getLogger(__name__)
MOST_LETTERS: Final = 64 * 1024
"""A wake-up has less than two thousand."""


class StrictChannel(Channel):
    """Drops what cannot even be parsed; it has left the queue by then."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # kombu's stubs know no private names
        except (Empty, *self.connection_errors):  # type: ignore[attr-defined]
            raise
        except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes do to a parser
            log.warning("a message that cannot be read is dropped: %s", type(error).__name__)
            raise Empty from None


class StrictTransport(Transport):
    """Delivers wake-ups made anew from the ids in them."""

    Channel = StrictChannel

    def _deliver(self, message: Any, queue: str | None) -> None:
        task_id = find_id(message)
        if task_id is None:
            log.warning("a message that is no wake-up is dropped")
            return
        super()._deliver(make_wake_up(task_id, queue=queue or QUEUE_TRAIN), queue)


def find_id(message: object) -> str | None:
    """The experiment's id in a message, if it is a call of `start_training_pipeline` in JSON; None otherwise."""
    match message:
        case {
            "body": str(body),
            "headers": {"task": str(task)},
            "content-type": "application/json",
            "properties": {"body_encoding": "base64"},
        } if task == TRAIN_TASK and len(body) <= MOST_LETTERS:
            return _read_id(body)
    return None


def _read_id(body: str) -> str | None:
    try:
        call = json.loads(base64.b64decode(body, validate=True))
    except (ValueError, RecursionError):
        return None
    match call:
        case [[str(task_id), *_], *_] | [_, {"experiment_id": str(task_id)}, *_] if is_id(task_id):
            return task_id
    return None


def make_wake_up(task_id: str, *, queue: str) -> dict[str, object]:
    """The message that Celery gets to see."""
    call = json.dumps([[task_id], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    number = new_id()
    return {
        "body": base64.b64encode(call.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": TRAIN_TASK, "id": number, "root_id": number, "ignore_result": True},
        "properties": {
            "correlation_id": number,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": number,
        },
    }
