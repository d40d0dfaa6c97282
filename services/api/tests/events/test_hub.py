"""The hub alone: order, gaps, forgeries, slow viewers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from azuraforge_api.events.hub import Hub, frame_of
from azuraforge_api.events.viewer import Frame, Viewer
from azuraforge_contracts import Event, EventPage, EventType
from azuraforge_ledger import ExperimentMissing, LedgerUnavailable


class Log:
    def __init__(self, count: int) -> None:
        self.events = [
            Event(experiment="e", seq=seq, ts=datetime.now(UTC), type=EventType.EPOCH) for seq in range(1, count + 1)
        ]
        self.reads = 0
        self.failure: Exception | None = None

    async def read(self, task_id: str, *, after: int, limit: int) -> EventPage:
        self.reads += 1
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return EventPage(items=self.events[after : after + limit], last_seq=len(self.events))

    async def last_seq(self, task_id: str) -> int:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return len(self.events)

    def add(self) -> str:
        event = Event(experiment="e", seq=len(self.events) + 1, ts=datetime.now(UTC), type=EventType.EPOCH)
        self.events.append(event)
        return frame_of(event).text


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))  # type: ignore[arg-type]


async def drain(viewer: Viewer) -> list[Frame]:
    """Whatever waits, at least one frame."""
    frames = []
    while not frames or viewer._frames:
        frame = await viewer.take()
        assert frame is not None
        frames.append(frame)
    return frames


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_gap_is_read_once_for_all_viewers() -> None:
    async def scenario() -> None:
        log = Log(3)
        hub, viewers = Hub(log), [Viewer() for _ in range(10)]
        for viewer in viewers:
            assert await hub.join("e", viewer) == 3
        log.add()
        log.add()
        hub.hear("e", log.add())
        await settle()
        for viewer in viewers:
            assert [frame.seq for frame in await drain(viewer)] == [4, 5, 6]
        assert log.reads == 1

    run(scenario)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"seq": "x"}', '{"seq": 99}', "[" * 100_000])
def test_what_is_no_event_harms_nobody(text: str) -> None:
    async def scenario() -> None:
        log, viewer = Log(1), Viewer()
        hub = Hub(log)
        await hub.join("e", viewer)
        hub.hear("e", text)
        hub.hear("e", text)
        await settle()
        hub.hear("e", log.add())
        assert [frame.seq for frame in await drain(viewer) if frame.seq is not None] == [2]

    run(scenario)


def test_an_event_that_was_never_published_is_found() -> None:
    async def scenario() -> None:
        log, viewer = Log(1), Viewer()
        hub = Hub(log)
        await hub.join("e", viewer)
        log.add()
        hub.check()
        assert [frame.seq for frame in await drain(viewer)] == [2]

    run(scenario)


def test_a_ledger_that_is_away_leaves_the_gap_for_later() -> None:
    async def scenario() -> None:
        log, viewer = Log(1), Viewer()
        hub = Hub(log)
        await hub.join("e", viewer)
        log.failure = LedgerUnavailable("away")
        log.add()
        hub.hear("e", log.add())
        await settle()
        log.failure = None
        hub.check()
        assert [frame.seq for frame in await drain(viewer)] == [2, 3]

    run(scenario)


def test_joining_what_is_not_there_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        log = Log(0)
        log.failure = ExperimentMissing("e")
        hub = Hub(log)
        with pytest.raises(ExperimentMissing):
            await hub.join("e", Viewer())
        assert hub.watched == 0
        log.failure = None
        assert await hub.join("e", Viewer()) == 0

    run(scenario)


def test_a_queue_that_runs_full_is_emptied_and_droppable_frames_give_way() -> None:
    async def scenario() -> None:
        viewer = Viewer(max_frames=4)
        for _ in range(10):
            viewer.offer(Frame(None, "batch"))
        assert not viewer.has_overflowed
        assert len(await drain(viewer)) == 3
        for seq in range(5):
            viewer.offer(Frame(seq, "epoch"))
        assert viewer.has_overflowed
        assert await viewer.take() is None

    run(scenario)


def test_a_heartbeat_names_the_last_event() -> None:
    async def scenario() -> None:
        viewer, hub = Viewer(), Hub(Log(7))
        await hub.join("e", viewer)
        hub.beat()
        (frame,) = await drain(viewer)
        assert json.loads(frame.text) == {"type": "heartbeat", "seq": 7}

    run(scenario)
