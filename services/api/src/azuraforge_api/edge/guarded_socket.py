"""uvicorn's WebSocket protocol with an end to a client that takes nothing: its connection is cut, not waited for.

uvicorn writes until its buffer is full and then waits; its own keep-alive closes politely, which waits for the same
buffer. A viewer that stopped reading would so hold its task, its queue and 64 KiB until the machine gives up.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

access_log = logging.getLogger("azuraforge_api.access")


class GuardedSocket(WebSocketsSansIOProtocol):
    """One connection."""

    WRITE_S: ClassVar[float] = 30.0
    """How long a client may leave everything unread."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._write_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The client reads more slowly than we write: it has to go on before the deadline."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self.WRITE_S, self._give_up)

    def resume_writing(self) -> None:
        """It reads."""
        super().resume_writing()
        self._end_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._end_timer()
        super().connection_lost(exc)

    def _end_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _give_up(self) -> None:
        self._write_timer = None
        access_log.warning("a viewer stopped reading and was left")
        self.transport.abort()
