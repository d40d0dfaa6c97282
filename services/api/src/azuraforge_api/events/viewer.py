"""One viewer's place in the hub: a bounded queue between the broadcast and a socket that may be slow."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

MAX_FRAMES = 1000


class Frame(NamedTuple):
    """A text ready to send; `seq` is None for what may be dropped."""

    seq: int | None
    text: str
    kind: str = ""
    """Type of the event inside."""


class Viewer:
    """Filled by the hub, emptied by one send task. Frames with a `seq` come in order, without a gap.

    A queue that runs full is emptied and closed: the viewer then has to begin again from what it has.
    """

    def __init__(self, *, max_frames: int = MAX_FRAMES) -> None:
        self._max_frames = max_frames
        self._frames: deque[Frame] = deque()
        self._wake = asyncio.Event()
        self.has_overflowed = False
        self.is_closed = False

    def offer(self, frame: Frame) -> None:
        """Queue a frame. Droppable ones give way early, so that they never push out what counts."""
        if self.has_overflowed or (frame.seq is None and len(self._frames) > self._max_frames // 2):
            return
        if len(self._frames) >= self._max_frames:
            self._frames.clear()
            self.has_overflowed = True
        else:
            self._frames.append(frame)
        self._wake.set()

    async def take(self) -> list[Frame]:
        """Everything that waits; waits for the first. Empty after an overflow or a close."""
        while not (self._frames or self.has_overflowed or self.is_closed):
            self._wake.clear()
            await self._wake.wait()
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def close(self) -> None:
        """Let the send task end after what is queued."""
        self.is_closed = True
        self._wake.set()

    def reopen(self) -> None:
        """Begin again after an overflow, with an empty queue."""
        self._frames.clear()
        self.has_overflowed = False
