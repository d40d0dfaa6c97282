"""Brings what is published to everybody who watches, in order and without a gap.

Pub/Sub may lose, repeat and reorder; the ledger does not. So the hub keeps, per watched experiment, the number of the
last event that it handed on. The next number is handed on at once; a later one says that something is missing, and
the missing part is read from the ledger, once for all viewers; an earlier one is dropped. `check` looks into the
ledger without being told, which finds what was committed but never published.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Protocol

from azuraforge_api.events.viewer import Frame, Viewer
from azuraforge_contracts import Event, EventPage, EventType, Heartbeat
from azuraforge_ledger import ExperimentMissing, LedgerError

logger = logging.getLogger(__name__)

PAGE = 500


class EventLog(Protocol):
    """Where the hub reads what it was not told."""

    async def read(self, task_id: str, *, after: int, limit: int) -> EventPage:
        """Events with `seq` above `after`, in order."""

    async def last_seq(self, task_id: str) -> int:
        """Number of the newest event."""


class _Channel:
    """One watched experiment. `last`: handed on; `seen`: heard of."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.last = 0
        self.seen = 0
        self.users = 0
        self.is_open = False
        self.is_over = False
        self.ready: asyncio.Task[None] | None = None
        self.filling: asyncio.Task[None] | None = None


class Hub:
    """One per process. Everything but reading the ledger happens synchronously in the event loop."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._channels: dict[str, _Channel] = {}

    @property
    def watched(self) -> int:
        """How many experiments have a viewer."""
        return len(self._channels)

    async def join(self, task_id: str, viewer: Viewer) -> int:
        """Give `viewer` every event after the returned number; what is before it is for the caller to read.

        Raises:
            ExperimentMissing: there is no such experiment.
            LedgerUnavailable: the ledger does not answer.
        """
        channel = self._channels.get(task_id) or _Channel()
        if channel.ready is None:
            self._channels[task_id] = channel
            channel.ready = asyncio.create_task(self._open(task_id, channel))
        channel.users += 1
        try:
            await asyncio.shield(channel.ready)
        except BaseException:
            self._release(task_id, channel)
            raise
        channel.viewers.add(viewer)
        return channel.last

    def reopen(self, task_id: str, viewer: Viewer) -> int:
        """After an overflow: give a joined `viewer` every event after the returned number again."""
        viewer.reopen()
        return self._channels[task_id].last

    def leave(self, task_id: str, viewer: Viewer) -> None:
        """The opposite of `join`."""
        channel = self._channels.get(task_id)
        if channel is not None and viewer in channel.viewers:
            channel.viewers.remove(viewer)
            self._release(task_id, channel)

    def hear(self, task_id: str, text: str) -> None:
        """Take a published event: JSON text of an `Event`. What cannot be read is ignored."""
        channel = self._channels.get(task_id)
        if channel is None:
            return
        try:
            event: Any = json.loads(text)
            seq, kind = event.get("seq"), event.get("type")
        except (ValueError, AttributeError, RecursionError):
            logger.warning("something that is no event was published for %s", task_id)
            return
        if seq is None:
            self._hand_on(channel, Frame(None, text, str(kind)))
        elif isinstance(seq, int):
            self._hear_stored(task_id, channel, Frame(seq, text, str(kind)), seq=seq)

    def check(self) -> None:
        """Read on in the ledger for every watched experiment that is not over."""
        for task_id, channel in self._channels.items():
            if not channel.is_over:
                self._fill(task_id, channel)

    def beat(self) -> None:
        """Tell every viewer the number of the last event, so that it can find a silent gap."""
        for channel in self._channels.values():
            self._hand_on(channel, Frame(None, Heartbeat(seq=channel.last).model_dump_json(), "heartbeat"))

    async def aclose(self) -> None:
        """Close every viewer and end every task."""
        tasks = []
        for channel in self._channels.values():
            for viewer in channel.viewers:
                viewer.close()
            tasks += [task for task in (channel.ready, channel.filling) if task is not None and not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self, task_id: str, channel: _Channel) -> None:
        channel.last = await self._log.last_seq(task_id)
        channel.is_open = True
        if channel.seen > channel.last:
            self._fill(task_id, channel)

    def _release(self, task_id: str, channel: _Channel) -> None:
        channel.users -= 1
        if channel.users == 0 and self._channels.get(task_id) is channel:
            del self._channels[task_id]
            if channel.filling is not None:
                channel.filling.cancel()

    def _hear_stored(self, task_id: str, channel: _Channel, frame: Frame, *, seq: int) -> None:
        channel.seen = max(channel.seen, seq)
        if not channel.is_open or seq <= channel.last:
            return
        if seq == channel.last + 1 and channel.filling is None:
            self._hand_on(channel, frame)
        else:
            self._fill(task_id, channel)

    def _hand_on(self, channel: _Channel, frame: Frame) -> None:
        if frame.seq is not None:
            channel.last = frame.seq
            channel.is_over = channel.is_over or frame.kind == EventType.END
        for viewer in channel.viewers:
            viewer.offer(frame)

    def _fill(self, task_id: str, channel: _Channel) -> None:
        if channel.is_open and channel.filling is None:
            channel.filling = asyncio.create_task(self._read_on(task_id, channel))

    async def _read_on(self, task_id: str, channel: _Channel) -> None:
        try:
            has_more = True
            while has_more or channel.last < channel.seen:
                page = await self._log.read(task_id, after=channel.last, limit=PAGE)
                for event in page.items:
                    self._hand_on(channel, frame_of(event))
                has_more = page.has_more
                if not page.items:
                    break  # heard of, but not in the ledger: a forged number is not believed
        except ExperimentMissing:
            logger.warning("experiment %s is watched but no longer in the ledger", task_id)
        except LedgerError as error:
            logger.warning("a gap of %s stays open for now: %s", task_id, type(error).__name__)
        finally:
            channel.seen = channel.last
            channel.filling = None


def frame_of(event: Event) -> Frame:
    """A stored event as it goes out."""
    return Frame(event.seq, event.model_dump_json(), str(event.type))
