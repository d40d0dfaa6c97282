"""`WS /ws/task_status/{task_id}`: one task sends, one receives, whichever ends first ends the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from azuraforge_api.events.patience import Patience
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

RESUME_TIMEOUT_S: Final = 60.0
MAX_MESSAGE_CHARACTERS: Final = 1000
CLOSE_GRACE_S: Final = 0.5
"""How long a socket that has to end may go on with a frame that its client does not take."""


@dataclass(frozen=True)
class Close:
    """How a socket ends."""

    code: int
    reason: str


RESTART: Final = Close(WS_RESTART, "the server restarts")


@dataclass(slots=True)
class WatchSocket:
    """One accepted socket on one experiment."""

    socket: WebSocket
    task_id: str
    after: int
    live: LiveService
    viewer: Viewer = field(default_factory=Viewer)
    _is_session_over: bool = False
    _sending: asyncio.Task[Close | None] | None = None

    def end_session(self) -> None:
        """Close with 4401; called when the viewer's session has ended."""
        self._is_session_over = True
        self.end()

    def end(self) -> None:
        """Close; the client may come back. A client that takes nothing any more is not waited for."""
        self.viewer.close()
        if self._sending is not None:
            asyncio.get_running_loop().call_later(CLOSE_GRACE_S, self._sending.cancel)

    async def run(self) -> None:
        """Serve until either side ends."""
        sending = self._sending = asyncio.create_task(self._send())
        receiving = asyncio.create_task(self._receive())
        try:
            await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
            is_client_gone = receiving.done()
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)
        close = self._ended() if sending.cancelled() else sending.result()
        if close is not None and not is_client_gone:
            await self._close(close)

    async def _close(self, close: Close) -> None:
        try:
            async with asyncio.timeout(CLOSE_GRACE_S):
                await self.socket.close(close.code, close.reason)
        except (TimeoutError, WebSocketDisconnect):
            return  # nobody is there to read the code

    def _ended(self) -> Close:
        return Close(WS_SESSION_ENDED, "signed out") if self._is_session_over else RESTART

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
        hub, viewer, after, patience = self.live.hub, self.viewer, self.after, Patience()
        base = await hub.join(self.task_id, viewer)
        try:
            after = await self._replay(after, base=base)
            recent = await self.live.find_recent(self.task_id)
            if recent is not None:
                await self.socket.send_text(recent.text)
            while True:
                after = await self._pass_on(after)
                if viewer.is_closed:
                    return self._ended()
                if patience.is_at_end():
                    return Close(WS_TOO_SLOW, "too slow")
                await self.socket.send_text(Reset(seq=await self.live.last_seq(self.task_id)).model_dump_json())
                try:
                    async with asyncio.timeout(RESUME_TIMEOUT_S):
                        resume = await viewer.asked_again()
                except TimeoutError:
                    return Close(WS_TOO_SLOW, "did not ask again after a reset")
                if resume is None:
                    return self._ended()
                after = await self._replay(resume, base=hub.reopen(self.task_id, viewer))
        finally:
            hub.leave(self.task_id, viewer)

    async def _replay(self, after: int, *, base: int) -> int:
        async for frame in self.live.catch_up(self.task_id, after=after, until=base):
            if self.viewer.is_closed:
                break
            await self.socket.send_text(frame.text)
            after = frame.seq or after
        return after

    async def _pass_on(self, after: int) -> int:
        """Send what comes until the viewer has overflowed or is closed."""
        send, take = self.socket.send_text, self.viewer.take
        while (frame := await take()) is not None:
            if frame.seq is None:
                await send(frame.text)
            elif frame.seq > after:
                after = frame.seq
                await send(frame.text)
        return after

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
            self.viewer.ask_again(resume.after)
