"""A history that is too long to replay, as one snapshot: everything that matters, curves downsampled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from azuraforge_contracts import Event, EventType

MAX_BEHIND: Final = 2000
"""Further behind than this, a viewer gets a snapshot instead of every event."""
CURVE_POINTS: Final = 500
MAX_OTHERS: Final = 500


class HistoryDigest:
    """Takes a history page by page and keeps what a snapshot needs; memory does not grow with its length.

    Epochs: the first, the last, and of each bucket in between the ones with the lowest and the highest loss, so that
    a spike survives. Predicted against actual is kept for the last epoch only. Checkpoints: the last one.
    """

    def __init__(self, *, expected: int, points: int = CURVE_POINTS) -> None:
        self._bucket_size = max(1, -(-expected // max(1, points // 2)))
        self._bucket: list[Event] = []
        self._epochs: list[Event] = []
        self._others: list[Event] = []
        self._checkpoint: Event | None = None
        self._last_epoch: Event | None = None
        self.seq = 0

    def add(self, events: Iterable[Event]) -> None:
        """Take the next events, in order of `seq`."""
        for event in events:
            self.seq = event.seq or self.seq
            if event.type == EventType.EPOCH:
                self._last_epoch = event
                self._bucket.append(event)
                if len(self._bucket) >= self._bucket_size:
                    self._close_bucket()
            elif event.type == EventType.CHECKPOINT:
                self._checkpoint = event
            else:
                self._others.append(event)

    def events(self) -> list[Event]:
        """The snapshot's events in order of `seq`."""
        self._close_bucket()
        others = self._others if len(self._others) <= MAX_OTHERS else [self._others[0], *self._others[1 - MAX_OTHERS :]]
        kept = {event.seq: event for event in (*map(_without_preview, self._epochs), *others)}
        for event in (self._last_epoch, self._checkpoint):
            if event is not None:
                kept[event.seq] = event
        return sorted(kept.values(), key=lambda event: event.seq or 0)

    def _close_bucket(self) -> None:
        if not self._bucket:
            return
        chosen = {event.seq: event for event in (min(self._bucket, key=_loss), max(self._bucket, key=_loss))}
        if not self._epochs:
            chosen[self._bucket[0].seq] = self._bucket[0]
        self._epochs.extend(chosen[seq] for seq in sorted(chosen, key=lambda seq: seq or 0))
        self._bucket = []


def _loss(event: Event) -> float:
    metrics = event.data.get("metrics")
    if not isinstance(metrics, dict):
        return 0.0
    values: Sequence[object] = [metrics.get(name) for name in ("validation_loss", "val_loss", "loss", "train_loss")]
    found = [value for value in values if isinstance(value, int | float)]
    return float(found[0]) if found else 0.0


def _without_preview(event: Event) -> Event:
    if event.data.get("preview") is None:
        return event
    return event.model_copy(update={"data": {**event.data, "preview": None}})
