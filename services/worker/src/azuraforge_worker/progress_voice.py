"""What viewers hear between two stored events: at most four droppable events per second.

Of progress and use of the machine always the newest is told; log records are told together.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from azuraforge_contracts import Event, EventType, LogLine, Message
from azuraforge_worker.event_publisher import EventPublisher
from azuraforge_worker.gathered_logs import GatheredLogs

PERIOD_S: Final = 0.25


class ProgressVoice:
    """Publishes the events of one attempt; droppable ones are merged and name the stored event they follow."""

    def __init__(
        self,
        publisher: EventPublisher,
        *,
        task_id: str,
        attempt: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._task_id = task_id
        self._attempt = attempt
        self._clock = clock
        self._last_seq = 0
        self._logs = GatheredLogs(attempt=attempt)
        self._waiting: dict[EventType, Message | GatheredLogs] = {}
        self._next = 0.0

    def heard_events(self, events: Iterable[Event]) -> None:
        """Remember how far the stored history goes."""
        self._last_seq = max([self._last_seq, *(event.seq or 0 for event in events)])

    def publish(self, events: list[Event]) -> None:
        """Publish stored events; progress that waits is older than them and is dropped."""
        self.heard_events(events)
        self._waiting.pop(EventType.BATCH, None)
        self._publisher.publish(events)

    def say(self, event_type: EventType, data: Message) -> None:
        """Publish `data` when it is its turn, unless something newer of its type comes before."""
        if isinstance(data, LogLine):
            self._gather(data)
        else:
            self._waiting[event_type] = data

    def tick(self) -> None:
        """Publish what waits, if a quarter of a second has passed since the last time."""
        if not self._waiting or self._clock() < self._next:
            return
        self._publish_first()
        self._next = self._clock() + PERIOD_S

    def flush(self) -> None:
        """Publish what waits now, because nothing will come any more: the last log records matter most."""
        while self._waiting:
            self._publish_first()

    def due_in_s(self) -> float:
        """Seconds until `tick` has something to do."""
        return max(0.0, self._next - self._clock()) if self._waiting else math.inf

    def _gather(self, line: LogLine) -> None:
        self._logs.skip(line.dropped)
        for record in (*line.earlier, line):
            self._logs.add(record)
        self._waiting.setdefault(EventType.LOG, self._logs)

    def _publish_first(self) -> None:
        event_type = next(iter(self._waiting))
        waiting = self._waiting.pop(event_type)
        data = waiting.take() if isinstance(waiting, GatheredLogs) else waiting
        if data is not None:
            self._publisher.publish([self._event(event_type, data)])

    def _event(self, event_type: EventType, data: Message) -> Event:
        return Event(
            experiment=self._task_id,
            after_seq=self._last_seq,
            attempt=self._attempt,
            ts=datetime.now(UTC),
            type=event_type,
            data=data.model_dump(mode="json"),
        )
