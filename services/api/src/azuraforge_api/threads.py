"""Where the synchronous ledger and broker clients run: named pools, so that one never starves the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """A bounded pool; a call waits in line when every thread is busy."""

    def __init__(self, name: str, *, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)

    async def run(self, call: Callable[[], T]) -> T:
        """Run `call` in a thread and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Let running calls end; start no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
