"""Random schedules of writers and viewers around one hub: whoever joins, whenever, has the whole history.

A real ledger and a real Valkey. Writers publish late, twice or never; some viewers read a stream, some a socket that
is now and then so slow that it is reset; `MAX_BEHIND` is low enough for snapshots. `tests/chaos` runs a thousand of
them, the suite a few dozen.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest import mock

from redis.asyncio import Redis

from azuraforge_api.events import service as service_module
from azuraforge_api.events.hub import Hub
from azuraforge_api.events.repository import EventRepository
from azuraforge_api.events.service import LiveService
from azuraforge_api.events.socket import WatchSocket
from azuraforge_api.events.subscription import Subscription
from azuraforge_api.events.viewer import Frame, Viewer
from azuraforge_api.redis_link import open_redis
from azuraforge_api.threads import Threads
from azuraforge_contracts import EpochFinished, Event, EventType, Failure, FailureCode, ReadyReport
from azuraforge_contracts.names import progress_channel
from azuraforge_ledger import Ledger, NewExperiment, open_ledger

MAX_BEHIND: Final = 4
AT_ONCE: Final = 20
VIEWERS: Final = 3


class Naive(LiveService):
    """The planted fault: reads the history first and joins afterwards."""

    async def follow(self, task_id: str, *, after: int, viewer: Viewer) -> AsyncIterator[Frame]:
        """What is stored now, then what is heard from now on."""
        async for frame in self.replay(task_id, after=after, until=await self.last_seq(task_id)):
            yield frame
        await self.hub.join(task_id, viewer)
        while not (viewer.has_overflowed or viewer.is_closed):
            frame = await viewer.take()
            if frame is not None:
                yield frame


class Deaf(Hub):
    """The planted fault: hands on whatever comes, gaps and repeats included."""

    def _hear_stored(self, task_id: str, channel: Any, frame: Frame, *, seq: int) -> None:
        del task_id, seq
        if channel.is_open:
            self._hand_on(channel, frame)


@dataclass
class Outcome:
    """How many schedules there were and which of their viewers did not see the whole."""

    schedules: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Schedules:
    """One hub on one ledger, and the dice."""

    ledger: Ledger
    redis: Redis
    live: LiveService
    dice: random.Random
    patience_s: float

    async def run(self, count: int) -> Outcome:
        """Run that many, some at a time."""
        outcome = Outcome()
        for start in range(0, count, AT_ONCE):
            some = range(start, min(start + AT_ONCE, count))
            for wrong in await asyncio.gather(*(self._run_one() for _ in some)):
                outcome.wrong += wrong
            outcome.schedules += len(some)
        return outcome

    async def _run_one(self) -> list[str]:
        """What its viewers missed."""
        first = await asyncio.to_thread(_submit, self.ledger)
        task_id = first[0].experiment
        writing = asyncio.create_task(self._write(task_id))
        viewing = []
        for _ in range(VIEWERS):
            await self._pause()
            after = self.dice.choice([0, 0, 1, 2, 3])
            see = self._see_stream if self.dice.random() < 0.5 else self._see_socket
            viewing.append(asyncio.create_task(see(task_id, after=after)))
        last_seq = await writing
        wrong = []
        for task in viewing:
            try:
                problem = (await asyncio.wait_for(task, self.patience_s)).find_problem(last_seq)
            except TimeoutError:
                problem = "it never saw the end"
            if problem:
                wrong.append(f"{task_id}: {problem}")
        return wrong

    async def _write(self, task_id: str) -> int:
        ledger, late = self.ledger, []
        for step in range(self.dice.randint(3, 9)):
            for one in await asyncio.to_thread(_step, ledger, task_id, step):
                match self.dice.choices(["publish", "twice", "late", "never"], [6, 1, 2, 1])[0]:
                    case "publish":
                        await self._publish(one)
                    case "twice":
                        await self._publish(one)
                        await self._publish(one)
                    case "late":
                        late.append(one)
            await self._pause()
        late += await asyncio.to_thread(_end, ledger, task_id)
        self.dice.shuffle(late)
        for one in late:
            await self._publish(one)
        return ledger.events.last_seq(task_id)

    async def _publish(self, event: Event) -> None:
        await self.redis.publish(progress_channel(event.experiment), event.model_dump_json())

    async def _see_stream(self, task_id: str, *, after: int) -> Seen:
        seen = Seen(after)
        viewer = Viewer(max_frames=self.dice.choice([2, 1000]))
        async for frame in self.live.follow(task_id, after=after, viewer=viewer):
            seen.take(frame.text)
            if self.dice.random() < 0.2:
                await self._pause()
            if seen.is_over:
                break
        return seen

    async def _see_socket(self, task_id: str, *, after: int) -> Seen:
        """As a browser does: what was reset is asked for again, what was closed is opened again."""
        seen = Seen(after)
        while not seen.is_over:
            socket = _Socket(seen, pause=self._pause, dice=self.dice)
            watch = WatchSocket(socket, task_id, seen.seq, self.live)  # type: ignore[arg-type]
            watch.viewer = Viewer(max_frames=self.dice.choice([2, 4, 1000]))
            await watch.run()
        return seen

    async def _pause(self) -> None:
        if self.dice.random() < 0.3:
            await asyncio.sleep(self.dice.random() * 0.01)
        for _ in range(self.dice.randrange(6)):
            await asyncio.sleep(0)


@dataclass
class Seen:
    """What one viewer knows; `seq` is the last event of the unbroken row."""

    seq: int
    is_over: bool = False
    problem: str = ""

    def take(self, text: str) -> None:
        """Fold one frame."""
        frame = json.loads(text)
        if frame["type"] == "snapshot":
            self._fold_snapshot(frame)
        elif frame["type"] not in {"heartbeat", "reset", "recent"} and frame["seq"] is not None:
            if frame["seq"] != self.seq + 1:
                self.problem = self.problem or f"event {frame['seq']} came after {self.seq}"
            self.seq = frame["seq"]
            self.is_over = frame["type"] == EventType.END

    def _fold_snapshot(self, frame: dict[str, Any]) -> None:
        numbers = [event["seq"] for event in frame["events"]]
        if numbers != sorted(set(numbers)) or (numbers and not self.seq < numbers[0] <= numbers[-1] <= frame["seq"]):
            self.problem = self.problem or f"a snapshot of {numbers} up to {frame['seq']} came after {self.seq}"
        self.seq = frame["seq"]
        self.is_over = any(event["type"] == EventType.END for event in frame["events"])

    def find_problem(self, last_seq: int) -> str:
        """What is wrong with it; "" if it is the whole history."""
        return self.problem or ("" if self.seq == last_seq else f"it ends with {self.seq}, the ledger with {last_seq}")


class _Socket:
    """The side of a WebSocket that `WatchSocket` sees."""

    def __init__(self, seen: Seen, *, pause: Any, dice: random.Random) -> None:
        self._seen = seen
        self._pause = pause
        self._dice = dice
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        if self._dice.random() < 0.3:
            await self._pause()
        self._seen.take(text)
        if json.loads(text)["type"] == "reset":
            self._said.put_nowait(
                {"type": "websocket.receive", "text": f'{{"type":"resume","after":{self._seen.seq}}}'}
            )
        if self._seen.is_over:
            self._said.put_nowait({"type": "websocket.disconnect"})

    async def receive(self) -> dict[str, Any]:
        return await self._said.get()

    async def close(self, code: int, reason: str) -> None:
        del code, reason


def _submit(ledger: Ledger) -> list[Event]:
    return ledger.experiments.submit(NewExperiment("toy", "1", "late join", {}, "0" * 64)).events


def _step(ledger: Ledger, task_id: str, step: int) -> list[Event]:
    if step == 0:
        claim = ledger.leases.claim(task_id, worker_id="late-join")
        assert claim is not None
        return list(claim.events)
    if step == 1:
        return ledger.leases.begin(task_id, attempt=1, ready=ReadyReport(device="cpu"))
    epoch = EpochFinished(epoch=step - 1, epochs=100, metrics={"loss": 1.0 / step})
    return [ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=epoch)]


def _end(ledger: Ledger, task_id: str) -> list[Event]:
    failure = Failure(code=FailureCode.USER_ERROR, message="It was only a schedule.")
    return ledger.experiments.fail(task_id, attempt=1, failure=failure)


async def run_schedules(
    folder: Path,
    *,
    redis_url: str,
    count: int,
    seed: int,
    service: type[LiveService] = LiveService,
    hub: type[Hub] = Hub,
    database_url: str = "",
    patience_s: float = 30.0,
) -> Outcome:
    """Run `count` random schedules; every one of them is decided by `seed`, but for the machine's own timing.

    `service` and `hub` are where a fault is planted; `patience_s` bounds how long a viewer may wait for the end.
    """
    ledger = open_ledger(database_url or f"sqlite:///{folder / 'late-join.sqlite3'}")
    ledger.migrate()
    threads, redis = Threads("ledger", size=8), open_redis(redis_url)
    events = EventRepository(ledger, threads)
    heard = hub(events)
    live = service(events, hub=heard, subscription=Subscription(redis, heard), redis=redis)
    with mock.patch.object(service_module, "MAX_BEHIND", MAX_BEHIND):
        live.start()
        await live._subscription.is_live.wait()
        checking = asyncio.create_task(_check_for_ever(heard))
        try:
            schedules = Schedules(ledger, redis, live, random.Random(seed), patience_s)
            return await schedules.run(count)
        finally:
            checking.cancel()
            await live.aclose()
            await redis.aclose()
            threads.close()
            ledger.close()


async def _check_for_ever(hub: Hub) -> None:
    """What the subscription does every five seconds, more often."""
    while True:
        await asyncio.sleep(0.05)
        hub.check()
