"""What a training logs becomes lines to the supervisor, four times a second, without ever holding the training up."""

from __future__ import annotations

import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Final

from azuraforge_contracts import LineType, LogLine, LogRecord
from azuraforge_worker.gathered_logs import GatheredLogs
from azuraforge_worker.trainer.link import LineTooLong, SupervisorLink

PERIOD_S: Final = 0.25
OWN_LOGGER: Final = "azuraforge.trainer"


class LogLines(logging.Handler):
    """Gathers records and tells them from a thread of its own. Only the message goes out, never a traceback."""

    def __init__(self, link: SupervisorLink) -> None:
        super().__init__(logging.INFO)
        self._link = link
        self._gathered = GatheredLogs()
        self._is_over = threading.Event()
        self._telling = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)

    def start(self) -> None:
        """Listen to every logger of this process; warnings go to the private log as well, with their traceback."""
        root = logging.getLogger()
        root.setLevel(logging.INFO)
        root.addHandler(self)
        private = logging.StreamHandler(sys.stderr)
        private.setLevel(logging.WARNING)
        root.addHandler(private)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Called by `logging` with the handler's lock held."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that do not fit their message are the app's mistake, not its end
            message = str(record.msg)
        ts = datetime.fromtimestamp(record.created, UTC)
        level = record.levelname.lower()
        self._gathered.add(LogRecord(level=level, message=message, logger=record.name, ts=ts))

    def finish(self) -> None:
        """Tell what waits and say nothing more: the last word comes after it."""
        logging.getLogger().removeHandler(self)
        self._tell()
        with self._telling:
            self._is_over.set()

    def _run(self) -> None:
        while not self._is_over.wait(PERIOD_S):
            self._tell()

    def _tell(self) -> None:
        with self._telling:
            line = None if self._is_over.is_set() else self._take()
            if line is not None:
                try:
                    self._link.say(LineType.LOG, line)
                except LineTooLong:
                    self._skip(1 + len(line.earlier) + line.dropped)

    def _take(self) -> LogLine | None:
        self.acquire()
        try:
            return self._gathered.take()
        finally:
            self.release()

    def _skip(self, count: int) -> None:
        self.acquire()
        try:
            self._gathered.skip(count)
        finally:
            self.release()
