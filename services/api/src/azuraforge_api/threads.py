"""Where the synchronous ledger and broker clients run: named pools, so that one never starves the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

current_client: ContextVar[str] = ContextVar("current_client", default="")
"""Whom the running task answers, as `client_address.network_of` names it; "" is the gateway itself."""


@dataclass
class _Share:
    turns: asyncio.Semaphore
    users: int = 0


class Threads:
    """A bounded pool; a call waits in line when every thread is busy.

    One client never has more than half of the threads: however many requests it sends, others find a free one.
    """

    def __init__(self, name: str, *, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._per_client = max(1, size // 2)
        self._shares: dict[str, _Share] = {}

    async def run(self, call: Callable[[], T]) -> T:
        """Run `call` in a thread and return what it returns."""
        client = current_client.get()
        if not client:
            return await self._run(call)
        async with self._turn_of(client):
            return await self._run(call)

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    @asynccontextmanager
    async def _turn_of(self, client: str) -> AsyncIterator[None]:
        share = self._shares.setdefault(client, _Share(asyncio.Semaphore(self._per_client)))
        share.users += 1
        try:
            async with share.turns:
                yield
        finally:
            share.users -= 1
            if not share.users:
                del self._shares[client]

    def close(self) -> None:
        """Let running calls end; start no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
