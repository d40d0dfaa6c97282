"""One viewer's place in the hub: a bounded queue between the broadcast and a socket that may be slow."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

MAX_FRAMES = 1000
MAX_CHARACTERS = 512 * 1024
"""Of all waiting texts together; viewers of one experiment share them, so a thousand slow ones wait on one copy."""


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

    __slots__ = (
        "_characters",
        "_frames",
        "_max_characters",
        "_max_frames",
        "_resume",
        "_wake",
        "has_overflowed",
        "is_closed",
    )

    def __init__(self, *, max_frames: int = MAX_FRAMES, max_characters: int = MAX_CHARACTERS) -> None:
        self._max_frames = max_frames
        self._max_characters = max_characters
        self._frames: deque[Frame] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        self._resume: int | None = None
        self.has_overflowed = False
        self.is_closed = False

    def offer(self, frame: Frame) -> None:
        """Queue a frame. Droppable ones give way early, so that they never push out what counts."""
        if self.has_overflowed or (frame.seq is None and self._is_half_full()):
            return
        if len(self._frames) >= self._max_frames or self._characters >= self._max_characters:
            self._empty()
            self.has_overflowed = True
        else:
            self._frames.append(frame)
            self._characters += len(frame.text)
        self._wake.set()

    async def take(self) -> Frame | None:
        """The next frame, waiting for it; None after an overflow or, once the queue is empty, a close."""
        while not self._frames:
            if self.has_overflowed or self.is_closed:
                return None
            self._wake.clear()
            await self._wake.wait()
        frame = self._frames.popleft()
        self._characters -= len(frame.text)
        return frame

    def close(self) -> None:
        """Let the send task end after what is queued."""
        self.is_closed = True
        self._wake.set()

    def ask_again(self, after: int) -> None:
        """The client has what is up to `after` and wants the rest; means something only after an overflow."""
        if self.has_overflowed:
            self._resume = after
            self._wake.set()

    async def asked_again(self) -> int | None:
        """After an overflow: wait until the client has asked; None when the viewer was closed instead."""
        while self._resume is None and not self.is_closed:
            self._wake.clear()
            await self._wake.wait()
        return self._resume

    def reopen(self) -> None:
        """Begin again after an overflow, with an empty queue."""
        self._empty()
        self._resume = None
        self.has_overflowed = False

    def _empty(self) -> None:
        self._frames.clear()
        self._characters = 0

    def _is_half_full(self) -> bool:
        return len(self._frames) > self._max_frames // 2 or self._characters > self._max_characters // 2
