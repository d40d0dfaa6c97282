"""What viewers hear between two stored events: at most four droppable events per second, always the newest."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from azuraforge_contracts import Event, LineType, Message
from azuraforge_worker.event_publisher import EventPublisher

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
        self._waiting: dict[LineType, Message] = {}
        self._next = 0.0

    def heard_events(self, events: Iterable[Event]) -> None:
        """Remember how far the stored history goes."""
        self._last_seq = max([self._last_seq, *(event.seq or 0 for event in events)])

    def publish(self, events: list[Event]) -> None:
        """Publish stored events; what droppable ones wait is older than them and is dropped."""
        self.heard_events(events)
        self._waiting.pop(LineType.BATCH, None)
        self._publisher.publish(events)

    def say(self, line_type: LineType, data: Message) -> None:
        """Publish `data` when it is its turn, unless something newer of its type comes before."""
        self._waiting[line_type] = data

    def tick(self) -> None:
        """Publish what waits, if a quarter of a second has passed since the last time."""
        if not self._waiting or self._clock() < self._next:
            return
        line_type = next(iter(self._waiting))
        self._publisher.publish([self._event(line_type, self._waiting.pop(line_type))])
        self._next = self._clock() + PERIOD_S

    def due_in_s(self) -> float:
        """Seconds until `tick` has something to do."""
        return max(0.0, self._next - self._clock()) if self._waiting else math.inf

    def _event(self, line_type: LineType, data: Message) -> Event:
        return Event(
            experiment=self._task_id,
            after_seq=self._last_seq,
            attempt=self._attempt,
            ts=datetime.now(UTC),
            type=line_type.value,
            data=data.model_dump(mode="json"),
        )
