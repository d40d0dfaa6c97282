"""Watching one experiment: its history from the ledger, then what happens, without a gap between the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis

from azuraforge_api.events.history import MAX_BEHIND, HistoryDigest
from azuraforge_api.events.hub import Hub, frame_of
from azuraforge_api.events.patience import Patience
from azuraforge_api.events.recent_output import RecentOutput
from azuraforge_api.events.repository import EventRepository
from azuraforge_api.events.subscription import Subscription
from azuraforge_api.events.viewer import Frame, Viewer
from azuraforge_api.redis_link import publish
from azuraforge_contracts import Event, EventPage, Recent, Snapshot

PAGE = 500


class LiveService:
    """History and live events for pages, streams and sockets."""

    def __init__(
        self,
        events: EventRepository,
        *,
        hub: Hub,
        subscription: Subscription,
        redis: Redis,
    ) -> None:
        self._events = events
        self._redis = redis
        self._subscription = subscription
        self._recent = RecentOutput(redis)
        self.hub = hub

    def start(self) -> None:
        """Begin to listen."""
        self._subscription.start()

    async def aclose(self) -> None:
        """Stop listening and let every viewer end."""
        await self._subscription.aclose()
        await self.hub.aclose()

    async def announce(self, events: Sequence[Event]) -> None:
        """Publish what was just stored; viewers of this process hear it even while Redis is away."""
        for event in events:
            self.hub.hear(event.experiment, event.model_dump_json())
        await publish(self._redis, events)

    async def read(self, task_id: str, *, after: int, limit: int) -> EventPage:
        """One page of the event log."""
        return await self._events.read(task_id, after=after, limit=limit)

    async def last_seq(self, task_id: str) -> int:
        """Number of the newest event."""
        return await self._events.last_seq(task_id)

    async def replay(self, task_id: str, *, after: int, until: int) -> AsyncIterator[Frame]:
        """The stored events from `after` to at least `until`, each as a frame."""
        while after < until:
            page = await self._events.read(task_id, after=after, limit=PAGE)
            for event in page.items:
                yield frame_of(event)
            if not page.items:
                return
            after = page.items[-1].seq or until

    async def catch_up(self, task_id: str, *, after: int, until: int) -> AsyncIterator[Frame]:
        """The same for a person: one snapshot when it would be more than 2,000 events."""
        if until - after <= MAX_BEHIND:
            async for frame in self.replay(task_id, after=after, until=until):
                yield frame
            return
        digest = HistoryDigest(expected=until - after)
        while digest.seq < until:
            page = await self._events.read(task_id, after=max(after, digest.seq), limit=PAGE)
            if not page.items:
                break
            digest.add(page.items)
        yield Frame(digest.seq, Snapshot(seq=digest.seq, events=digest.events()).model_dump_json())

    async def recent(self, task_id: str) -> Recent:
        """What its trainer said and used lately."""
        return await self._recent.read(task_id)

    async def find_recent(self, task_id: str) -> Frame | None:
        """The same as a frame for a viewer; None if there is nothing."""
        recent = await self._recent.read(task_id)
        if not recent.logs and not recent.system:
            return None
        return Frame(None, recent.model_dump_json(), recent.type)

    async def follow(self, task_id: str, *, after: int, viewer: Viewer) -> AsyncIterator[Frame]:
        """Every event after `after`, then whatever happens; ends when `viewer` is closed.

        A reader that is too slow for its queue is brought forward from the ledger again, so nothing is missing; one
        that is too slow three times in a minute is left, and comes back with what it has.
        """
        patience = Patience()
        base = await self.hub.join(task_id, viewer)
        try:
            async for frame in self.replay(task_id, after=after, until=base):
                after = frame.seq or after
                yield frame
            recent = await self.find_recent(task_id)
            if recent is not None:
                yield recent
            while not viewer.is_closed:
                while (next_frame := await viewer.take()) is not None:
                    if next_frame.seq is None or next_frame.seq > after:
                        after = next_frame.seq or after
                        yield next_frame
                if viewer.is_closed or patience.is_at_end():
                    return
                base = self.hub.reopen(task_id, viewer)
                async for frame in self.replay(task_id, after=after, until=base):
                    after = frame.seq or after
                    yield frame
        finally:
            self.hub.leave(task_id, viewer)
