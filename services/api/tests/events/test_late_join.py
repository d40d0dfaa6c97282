"""Whoever joins, whenever: what was stored before and what comes after are together the whole history."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from azuraforge_api.events.hub import Hub
from azuraforge_api.events.service import LiveService
from azuraforge_api.events.subscription import Subscription
from azuraforge_api.events.viewer import Frame, Viewer
from azuraforge_api.redis_link import open_redis
from azuraforge_contracts import Event, EventPage, EventType
from azuraforge_contracts.names import progress_channel

SCHEDULES = 1000
EVENTS = 8


class MemoryLog:
    """A ledger's event log without the database, as slow as one now and then."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.events: dict[str, list[Event]] = {}

    async def read(self, task_id: str, *, after: int, limit: int) -> EventPage:
        await self._wait()
        found = self.events[task_id]
        answer = EventPage(items=found[after : after + limit], last_seq=len(found), has_more=after + limit < len(found))
        await self._wait()
        return answer

    async def last_seq(self, task_id: str) -> int:
        await self._wait()
        found = len(self.events[task_id])
        await self._wait()
        return found

    async def _wait(self) -> None:
        for _ in range(self._dice.randrange(4)):
            await asyncio.sleep(0)


async def write(log: MemoryLog, redis: Redis, task_id: str, dice: random.Random) -> None:
    """Store each event, then publish it: sometimes late, sometimes twice, sometimes never."""
    late: list[Event] = []
    for seq in range(1, EVENTS + 1):
        kind = EventType.END if seq == EVENTS else EventType.EPOCH
        event = Event(experiment=task_id, seq=seq, ts=datetime.now(UTC), type=kind)
        log.events[task_id].append(event)
        match dice.choices(["publish", "twice", "late", "never"], [6, 1, 2, 1])[0]:
            case "publish":
                await redis.publish(progress_channel(task_id), event.model_dump_json())
            case "twice":
                for _ in range(2):
                    await redis.publish(progress_channel(task_id), event.model_dump_json())
            case "late":
                late.append(event)
        for _ in range(dice.randrange(6)):
            await asyncio.sleep(0)
    for event in late:
        await redis.publish(progress_channel(task_id), event.model_dump_json())


async def watch(frames: AsyncIterator[Frame]) -> list[int]:
    seen = []
    async for frame in frames:
        if frame.seq is not None:
            seen.append(frame.seq)
        if frame.kind == EventType.END:
            break
    return seen


class Naive(LiveService):
    """The planted fault: reads the history first and joins afterwards."""

    async def follow(self, task_id: str, *, after: int, viewer: Viewer) -> AsyncIterator[Frame]:
        async for frame in self.replay(task_id, after=after, until=await self.last_seq(task_id)):
            yield frame
        await self.hub.join(task_id, viewer)
        while not viewer.has_overflowed:
            for frame in await viewer.take():
                yield frame


async def run_schedules(url: str, service: type[LiveService], *, count: int, seed: int, patience_s: float = 20) -> int:
    """How many of `count` random schedules ended with a viewer whose history was not exact."""
    dice = random.Random(seed)
    log, redis = MemoryLog(dice), open_redis(url)
    hub = Hub(log)
    live = service(log, hub=hub, subscription=Subscription(redis, hub), redis=redis)  # type: ignore[arg-type]
    live.start()
    await live._subscription.is_live.wait()

    async def check_for_ever() -> None:
        while True:
            await asyncio.sleep(0.05)
            hub.check()

    async def run_one(task_id: str) -> bool:
        log.events[task_id] = []
        writing = asyncio.create_task(write(log, redis, task_id, dice))
        viewers = []
        for _ in range(3):
            for _ in range(dice.randrange(12)):
                await asyncio.sleep(0)
            after = dice.choice([0, 0, dice.randrange(EVENTS)])
            after = min(after, len(log.events[task_id]))
            viewer = Viewer(max_frames=dice.choice([2, 1000]))
            viewers.append((after, asyncio.create_task(watch(live.follow(task_id, after=after, viewer=viewer)))))
        await writing
        exact = True
        for after, viewing in viewers:
            try:
                exact &= await asyncio.wait_for(viewing, patience_s) == list(range(after + 1, EVENTS + 1))
            except TimeoutError:
                exact = False
        return exact

    checking = asyncio.create_task(check_for_ever())
    wrong = 0
    for start in range(0, count, 50):
        names = [f"t{number}" for number in range(start, min(start + 50, count))]
        wrong += (await asyncio.gather(*map(run_one, names))).count(False)
    assert hub.watched == 0 or service is Naive
    checking.cancel()
    await live.aclose()
    await redis.aclose()
    return wrong


@pytest.mark.parametrize("seed", [1, 2])
def test_history_and_stream_are_the_whole_in_every_schedule(clean_redis: str, seed: int) -> None:
    assert asyncio.run(run_schedules(clean_redis, LiveService, count=SCHEDULES // 2, seed=seed)) == 0


def test_the_check_notices_who_reads_first_and_joins_afterwards(clean_redis: str) -> None:
    assert asyncio.run(run_schedules(clean_redis, Naive, count=50, seed=3, patience_s=0.5)) > 0
