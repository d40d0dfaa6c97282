"""One socket against a hub, without a network: resets, stuck clients, ends of every kind."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from azuraforge_api.events import socket as socket_module
from azuraforge_api.events.hub import Hub, frame_of
from azuraforge_api.events.patience import MAX_OVERFLOWS, WINDOW_S, Patience
from azuraforge_api.events.service import LiveService
from azuraforge_api.events.socket import WatchSocket
from azuraforge_api.events.viewer import Frame, Viewer
from azuraforge_contracts import Event, EventPage, EventType


class Log:
    """A history that a test writes by hand."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def read(self, task_id: str, *, after: int, limit: int) -> EventPage:
        return EventPage(items=self.events[after : after + limit], last_seq=len(self.events))

    async def last_seq(self, task_id: str) -> int:
        return len(self.events)

    def add(self) -> str:
        event = Event(experiment="e", seq=len(self.events) + 1, ts=datetime.now(UTC), type=EventType.EPOCH)
        self.events.append(event)
        return frame_of(event).text


class Client:
    """The socket as the server holds it; `is_stuck` takes nothing any more, `resumes` answers a reset."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None
        self.is_stuck = False
        self.resumes = True
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        while self.is_stuck:
            await asyncio.sleep(3600)
        frame = json.loads(text)
        self.heard.append(frame)
        if frame["type"] == "reset" and self.resumes:
            self.say({"type": "resume", "after": self.seen[-1]})

    @property
    def seen(self) -> list[int]:
        return [frame["seq"] for frame in self.heard if frame["type"] == "epoch"]

    def say(self, message: object) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def leave(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect"})

    async def receive(self) -> dict[str, Any]:
        return await self._said.get()

    async def close(self, code: int, reason: str) -> None:
        while self.is_stuck:
            await asyncio.sleep(3600)
        self.code = code


class NoOutput:
    async def execute(self) -> list[list[str]]:
        return [[], []]

    def lrange(self, *_: object) -> None:
        pass

    async def __aenter__(self) -> "NoOutput":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def pipeline(self, **_: object) -> "NoOutput":
        return self


class Scene:
    def __init__(self, *, max_frames: int = 4) -> None:
        self.log, self.client = Log(), Client()
        self.log.add()
        self.hub = Hub(self.log)
        live = LiveService(
            cast("Any", self.log), hub=self.hub, subscription=cast("Any", None), redis=cast("Any", NoOutput())
        )
        self.watch = WatchSocket(cast("Any", self.client), "e", 0, live)
        self.watch.viewer = Viewer(max_frames=max_frames)
        self.running = asyncio.create_task(self.watch.run())

    async def settle(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    def overflow(self) -> None:
        """More at once than the queue takes."""
        for _ in range(6):
            self.hub.hear("e", self.log.add())


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))  # type: ignore[arg-type]


def test_a_slow_client_is_reset_asks_again_and_the_third_time_is_left() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.settle()
        for number in range(1, MAX_OVERFLOWS):
            scene.overflow()
            await scene.settle()
            resets = [frame for frame in scene.client.heard if frame["type"] == "reset"]
            assert len(resets) == number
            assert scene.client.seen == list(range(1, len(scene.log.events) + 1))
        scene.overflow()
        await scene.running
        assert scene.client.code == 4408
        assert scene.hub.watched == 0

    run(scenario)


def test_patience_returns_with_time() -> None:
    now = 0.0
    patience = Patience(clock=lambda: now)
    for _ in range(10):
        assert not patience.is_at_end()
        now += WINDOW_S / 2 + 1
    assert not patience.is_at_end()
    assert patience.is_at_end()


@pytest.mark.parametrize(("ending", "code"), [("session", 4401), ("restart", 1012)])
def test_who_was_reset_and_says_nothing_is_still_reached(ending: str, code: int) -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.client.resumes = False
        await scene.settle()
        scene.overflow()
        await scene.settle()
        assert scene.client.heard[-1]["type"] == "reset"
        if ending == "session":
            scene.watch.end_session()
        else:
            await scene.hub.aclose()
        await scene.running
        assert scene.client.code == code

    run(scenario)


def test_a_send_that_is_stuck_is_ended_with_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_module, "CLOSE_GRACE_S", 0.001)

    async def scenario() -> None:
        scene = Scene()
        await scene.settle()
        scene.client.is_stuck = True
        scene.hub.hear("e", scene.log.add())
        await scene.settle()
        scene.watch.end_session()
        await scene.running
        assert scene.client.code is None
        assert scene.hub.watched == 0

    run(scenario)


def test_a_client_that_leaves_ends_its_send_task_at_once() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.settle()
        scene.client.is_stuck = True
        scene.hub.hear("e", scene.log.add())
        scene.client.leave()
        await scene.running
        assert scene.hub.watched == 0

    run(scenario)


def test_what_a_client_says_out_of_turn_is_nothing() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.settle()
        for message in ({"type": "resume", "after": 0}, {"type": "comet"}, [], {"type": "resume", "after": 10**30}):
            scene.client.say(message)
        await scene.settle()
        scene.hub.hear("e", scene.log.add())
        await scene.settle()
        assert scene.client.seen == [1, 2]
        scene.client.leave()
        await scene.running

    run(scenario)


def test_a_queue_is_bounded_in_characters_too() -> None:
    async def scenario() -> None:
        viewer = Viewer(max_frames=1000, max_characters=100)
        viewer.offer(Frame(1, "x" * 60))
        viewer.offer(Frame(None, "batch"))
        viewer.offer(Frame(2, "x" * 60))
        assert not viewer.has_overflowed
        viewer.offer(Frame(3, "x"))
        assert viewer.has_overflowed
        assert await viewer.take() is None
        viewer.reopen()
        viewer.offer(Frame(4, "x" * 60))
        frame = await viewer.take()
        assert frame is not None
        assert frame.seq == 4

    run(scenario)
