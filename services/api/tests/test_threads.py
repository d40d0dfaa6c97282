"""One client's calls leave threads for everybody else."""

import asyncio
import threading

from azuraforge_api.threads import Threads, current_client


def test_a_flood_from_one_client_does_not_hold_up_another() -> None:
    gate = threading.Event()
    running = threading.Semaphore(0)

    def hold() -> None:
        running.release()
        gate.wait(30)

    async def as_client(name: str, call: object) -> object:
        current_client.set(name)
        return await threads.run(call)  # type: ignore[arg-type]

    async def scenario() -> None:
        flood = [asyncio.create_task(as_client("203.0.113.7", hold)) for _ in range(100)]
        for _ in range(2):
            await asyncio.to_thread(running.acquire)
        async with asyncio.timeout(30):
            assert await asyncio.create_task(as_client("203.0.113.8", lambda: "served")) == "served"
            assert await threads.run(lambda: "served") == "served"
        assert not running.acquire(blocking=False)  # no third of the flood has begun
        gate.set()
        await asyncio.gather(*flood)

    threads = Threads("test", size=4)
    asyncio.run(scenario())
    assert threads._shares == {}
    threads.close()


def test_a_call_that_is_given_up_gives_its_place_back() -> None:
    async def scenario() -> None:
        current_client.set("203.0.113.7")
        gate = threading.Event()
        held = [asyncio.create_task(threads.run(lambda: gate.wait(30))) for _ in range(5)]
        await asyncio.sleep(0)
        for one in held[2:]:
            one.cancel()
        gate.set()
        await asyncio.gather(*held, return_exceptions=True)
        assert await threads.run(lambda: "served") == "served"

    threads = Threads("test", size=2)
    asyncio.run(scenario())
    assert threads._shares == {}
    threads.close()
