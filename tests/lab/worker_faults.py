"""Planted faults of the worker's own parts; see `faults`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from faults import replace

from azuraforge_contracts import Event, ExperimentState
from azuraforge_ledger.events import Events
from azuraforge_worker import (
    announcer,
    event_publisher,
    folder_sweeper,
    job_plan,
    queue_poller,
    service,
    supervisor,
    trainer_process,
)

WINDOW_S: Final = 0.25
"""How long a faulty process keeps a window open that is otherwise short: the same fault, found sooner."""


def _no_kill_before() -> None:
    replace(job_plan, "kill_marked", lambda _mark: 0)


def _group_only() -> None:
    replace(trainer_process, "kill_marked", lambda _mark: 0)
    replace(job_plan, "kill_marked", lambda _mark: 0)


def _no_expiry() -> None:
    init = announcer.Announcer.__init__

    def announce_for_ever(self: Any, redis: Any, **named: Any) -> None:
        init(self, redis, **{**named, "ttl_s": 3600})

    replace(announcer.Announcer, "__init__", announce_for_ever)


def _no_goodbye() -> None:
    replace(announcer.Announcer, "close", lambda self: self._closed.set())


def _publish_first() -> None:
    publishers: list[Any] = []
    init, append = event_publisher.EventPublisher.__init__, Events.append

    def remember(self: Any, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **named)
        publishers.append(self)

    def publish_then_append(self: Any, task_id: str, *, attempt: int, type: Any, data: Any) -> Event:  # noqa: A002
        last = self.last_seq(task_id)
        (known,) = self.read(task_id, after=last - 1, limit=1).items
        told = known.model_dump() | {"seq": last + 1, "attempt": attempt, "type": type}
        publishers[-1].publish([Event.model_validate(told | {"data": data.model_dump(mode="json")})])
        time.sleep(WINDOW_S)
        return append(self, task_id, attempt=attempt, type=type, data=data)

    replace(event_publisher.EventPublisher, "__init__", remember)
    replace(Events, "append", publish_then_append)


def _sweep_all() -> None:
    replace(folder_sweeper, "TERMINAL_STATES", frozenset(ExperimentState))
    replace(service, "SWEEP_PERIOD_S", 0.5)


IN_WORKER: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "group_only": _group_only,
        "no_expiry": _no_expiry,
        "no_goodbye": _no_goodbye,
        "no_kill_before": _no_kill_before,
        "no_relay": lambda: replace(queue_poller.QueuePoller, "look", lambda _self: False),
        "no_retry": lambda: replace(supervisor, "RETRYABLE_FAILURES", frozenset()),
        "no_verify": lambda: replace(job_plan, "verify_checkpoint", lambda _folder, **_: None),
        "publish_first": _publish_first,
        "sweep_all": _sweep_all,
    }
)
