"""What every supervision of one worker shares: its ledger, its store, its voice, and whether it is stopping."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from azuraforge_ledger import ArtifactStore, Ledger
from azuraforge_worker.event_publisher import EventPublisher
from azuraforge_worker.offered import Offered
from azuraforge_worker.order_listener import OrderListener
from azuraforge_worker.settings import WorkerSettings
from azuraforge_worker.slots import Slots


class Stopping:
    """Whether the worker is on its way out, and since when. It never turns back."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._since = 0.0

    def begin(self) -> None:
        """The worker has been asked to stop."""
        if not self._event.is_set():
            self._since = time.monotonic()
            self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Sleep for `timeout_s`, or until stopping begins; whether it has begun."""
        return self._event.wait(timeout_s)

    def lasts_s(self) -> float:
        """Seconds since stopping began; 0 before."""
        return time.monotonic() - self._since if self._event.is_set() else 0.0


class Busy:
    """How many experiments this worker trains right now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    @property
    def count(self) -> int:
        """The number."""
        return self._count

    @contextmanager
    def one(self) -> Iterator[None]:
        """One more inside the block."""
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1


@dataclass(frozen=True)
class Desk:
    """The collaborators of a supervisor. `environ` is the worker's own environment, filtered before a child sees it."""

    settings: WorkerSettings
    ledger: Ledger
    store: ArtifactStore
    publisher: EventPublisher
    listener: OrderListener
    environ: Mapping[str, str]
    stopping: Stopping = field(default_factory=Stopping)
    busy: Busy = field(default_factory=Busy)
    slots: Slots = field(default_factory=Slots)
    offered: Offered = field(default_factory=Offered)
