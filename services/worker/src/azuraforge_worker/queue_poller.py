"""Finds what waits in the queue although no wake-up came: the broker may be away, or have lost its messages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from azuraforge_worker.desk import Desk
from azuraforge_worker.housekeeping import Housekeeper

log = logging.getLogger(__name__)


class QueuePoller:
    """Looks into the ledger every few seconds while there is room for a training; `train` takes what it finds.

    Celery's own threads and these share the worker's slots, so there is never more than one training in each.
    """

    def __init__(self, desk: Desk, *, train: Callable[[], None], period_s: float) -> None:
        self._desk = desk
        self._train = train
        self._threads: list[threading.Thread] = []
        self._housekeeper = Housekeeper(self.look, period_s=period_s)

    def start(self) -> None:
        """Begin to look."""
        self._housekeeper.start()

    def look(self) -> bool:
        """Look once; whether a training was begun."""
        desk = self._desk
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if desk.stopping or not desk.slots.has_free or len(self._threads) >= desk.settings.concurrency:
            return False
        if not desk.ledger.leases.has_next(pipelines=desk.offered.names):
            return False
        thread = threading.Thread(target=self._run, name="polled training", daemon=True)
        self._threads.append(thread)
        thread.start()
        return True

    def close(self) -> None:
        """Return when the trainings that were begun here are over; the worker is stopping."""
        self._housekeeper.close()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        try:
            self._train()
        except Exception:  # Celery logs what its own threads raise; here nobody else would
            log.exception("a training that was found in the queue failed")
