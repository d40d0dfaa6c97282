"""`WS /ws/task_status/{task_id}`: one task sends, one receives, whichever ends first ends the other."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from azuraforge_api.events.service import LiveService
from azuraforge_api.events.viewer import Viewer
from azuraforge_contracts import Reset, Resume
from azuraforge_contracts.names import (
    WS_RESTART,
    WS_SESSION_ENDED,
    WS_TOO_SLOW,
    WS_UNKNOWN_EXPERIMENT,
)
from azuraforge_ledger import ExperimentMissing, LedgerError

MAX_RESETS: Final = 3
RESUME_TIMEOUT_S: Final = 60.0
RESET_WINDOW_S: Final = 60.0
MAX_MESSAGE_CHARACTERS: Final = 1000


@dataclass(frozen=True)
class Close:
    """How a socket ends."""

    code: int
    reason: str


@dataclass
class WatchSocket:
    """One accepted socket on one experiment."""

    socket: WebSocket
    task_id: str
    after: int
    live: LiveService
    viewer: Viewer = field(default_factory=Viewer)
    _resumes: asyncio.Queue[int] = field(default_factory=lambda: asyncio.Queue(maxsize=1))
    _resets: deque[float] = field(default_factory=deque)
    _is_session_over: bool = False

    def end_session(self) -> None:
        """Close with 4401; called when the viewer's session has ended."""
        self._is_session_over = True
        self.viewer.close()

    async def run(self) -> None:
        """Serve until either side ends."""
        sending = asyncio.create_task(self._send())
        receiving = asyncio.create_task(self._receive())
        tasks = {sending, receiving}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            close = sending.result() if sending.done() else None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if close is not None:
            await self.socket.close(close.code, close.reason)

    async def _send(self) -> Close | None:
        try:
            return await self._send_all()
        except ExperimentMissing:
            return Close(WS_UNKNOWN_EXPERIMENT, "no such experiment")
        except LedgerError:
            return Close(WS_RESTART, "the ledger is away, try again")
        except WebSocketDisconnect:
            return None  # the client went away while something was on its way to it

    async def _send_all(self) -> Close:
        after = self.after
        while True:
            base = await self.live.hub.join(self.task_id, self.viewer)
            try:
                after = await self._send_until_overflow(after, base=base)
            finally:
                self.live.hub.leave(self.task_id, self.viewer)
            if self.viewer.is_closed:
                ended = Close(WS_SESSION_ENDED, "signed out")
                return ended if self._is_session_over else Close(WS_RESTART, "the server restarts")
            if self._is_too_slow():
                return Close(WS_TOO_SLOW, "too slow")
            await self.socket.send_text(Reset(seq=await self.live.last_seq(self.task_id)).model_dump_json())
            try:
                async with asyncio.timeout(RESUME_TIMEOUT_S):
                    after = await self._resumes.get()
            except TimeoutError:
                return Close(WS_TOO_SLOW, "did not ask again after a reset")
            self.viewer.reopen()

    async def _send_until_overflow(self, after: int, *, base: int) -> int:
        send = self.socket.send_text
        async for frame in self.live.catch_up(self.task_id, after=after, until=base):
            await send(frame.text)
            after = frame.seq or after
        while not (self.viewer.has_overflowed or self.viewer.is_closed):
            for frame in await self.viewer.take():
                if frame.seq is None:
                    await send(frame.text)
                elif frame.seq > after:
                    after = frame.seq
                    await send(frame.text)
        return after

    def _is_too_slow(self) -> bool:
        now = time.monotonic()
        self._resets.append(now)
        while now - self._resets[0] > RESET_WINDOW_S:
            self._resets.popleft()
        return len(self._resets) >= MAX_RESETS

    async def _receive(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or ""
            if len(text) > MAX_MESSAGE_CHARACTERS:
                continue
            try:
                resume = Resume.model_validate_json(text)
            except ValidationError:
                continue  # a client may be newer than this server
            if self._resumes.empty():
                self._resumes.put_nowait(resume.after)
