"""Work that is done again and again beside the trainings, such as the ledger's housekeeping."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from azuraforge_ledger import LedgerUnavailable

log = logging.getLogger(__name__)


class Housekeeper:
    """A thread that calls `run_pass` every `period_s`, at once too if `is_eager`.

    What one pass cannot do, the next one does.
    """

    def __init__(self, run_pass: Callable[[], object], *, period_s: float, is_eager: bool = False) -> None:
        self._run_pass = run_pass
        self._period_s = period_s
        self._first_s = 0.0 if is_eager else period_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End after the pass that runs now; a pass may be cut off anywhere, so this does not wait for long."""
        self._closed.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        wait_s = self._first_s
        while not self._closed.wait(wait_s):
            wait_s = self._period_s
            try:
                self._run_pass()
            except LedgerUnavailable as error:
                log.debug("no housekeeping while the database is away: %s", error)
            except Exception:  # a pass that fails is tried again; a thread that ends would strand experiments
                log.exception("a housekeeping pass failed")
