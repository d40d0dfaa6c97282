"""Planted faults of the worker's own parts; see `faults`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from faults import replace

from azuraforge_contracts import Event, ExperimentState
from azuraforge_worker import announcer, attempt, folder_sweeper, job_plan, service, supervisor, trainer_process

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
    append = attempt.Attempt._append

    def publish_then_append(self: Any, event_type: Any, data: Any) -> None:
        events, task_id = self._desk.ledger.events, self._claim.task_id
        last = events.last_seq(task_id)
        (known,) = events.read(task_id, after=last - 1, limit=1).items
        fresh = {
            "seq": last + 1,
            "attempt": self._claim.attempt,
            "type": event_type,
            "data": data.model_dump(mode="json"),
        }
        self._desk.publisher.publish([Event.model_validate(known.model_dump() | fresh)])
        time.sleep(WINDOW_S)
        append(self, event_type, data)

    replace(attempt.Attempt, "_append", publish_then_append)


def _sweep_all() -> None:
    replace(folder_sweeper, "TERMINAL_STATES", frozenset(ExperimentState))
    replace(service, "SWEEP_PERIOD_S", 0.5)


IN_WORKER: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "group_only": _group_only,
        "no_expiry": _no_expiry,
        "no_goodbye": _no_goodbye,
        "no_kill_before": _no_kill_before,
        "no_retry": lambda: replace(supervisor, "RETRYABLE_FAILURES", frozenset()),
        "no_verify": lambda: replace(job_plan, "verify_checkpoint", lambda _folder, **_: None),
        "publish_first": _publish_first,
        "sweep_all": _sweep_all,
    }
)
