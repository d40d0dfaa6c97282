"""Log records between two tellings: bounded in number and bytes, the oldest give way, and none is lost uncounted."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Final

from azuraforge_contracts import LogLine, LogRecord
from azuraforge_contracts.names import MAX_LOG_BYTES

MOST_RECORDS: Final = 50
MOST_BYTES: Final = 20 * 1024
"""Of all messages together: JSON may double a message, and a line of the pipe or a viewer's frame takes 64 KiB."""
ENDING: Final = " …"
_CONTROLS: Final = dict.fromkeys((*range(0x09), *range(0x0B, 0x20), 0x7F), "\ufffd")


class GatheredLogs:
    """Takes records one by one and tells them together."""

    def __init__(self, *, attempt: int = 0) -> None:
        self._attempt = attempt
        self._records: deque[LogRecord] = deque()
        self._bytes = 0
        self._dropped = 0
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._records)

    def add(self, record: LogRecord) -> None:
        """Take one more; its number, attempt and bounds are set here, whatever it says of itself."""
        self._count += 1
        message = cut(record.message, limit=MAX_LOG_BYTES)
        kept = LogRecord(
            level=cut(record.level, limit=20),
            message=message,
            logger=cut(record.logger, limit=200),
            n=self._count,
            attempt=self._attempt,
            ts=record.ts or datetime.now(UTC),
        )
        self._records.append(kept)
        self._bytes += len(message.encode())
        while len(self._records) > MOST_RECORDS or self._bytes > MOST_BYTES:
            self._bytes -= len(self._records.popleft().message.encode())
            self._dropped += 1

    def skip(self, count: int) -> None:
        """That many were dropped before they came here."""
        self._count += max(0, count)
        self._dropped += max(0, count)

    def take(self) -> LogLine | None:
        """Everything since the last time, as one line; None if there is nothing."""
        if not self._records:
            return None
        *earlier, newest = self._records
        line = LogLine(**newest.model_dump(), earlier=earlier, dropped=self._dropped)
        self._records.clear()
        self._bytes = self._dropped = 0
        return line


def cut(text: str, *, limit: int) -> str:
    """`text` in at most `limit` bytes of UTF-8, without what a terminal would obey or JSON cannot carry."""
    clean = text.translate(_CONTROLS)
    encoded = clean.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return encoded.decode()
    return encoded[: limit - len(ENDING.encode())].decode("utf-8", "ignore") + ENDING
