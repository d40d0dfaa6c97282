"""A client that takes nothing is cut; one that reads on before the deadline is not."""

import asyncio
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from azuraforge_api.edge.guarded_socket import GuardedSocket


class Transport:
    """Where the server writes to; only its end matters here."""

    def __init__(self) -> None:
        self.is_cut = asyncio.Event()

    def abort(self) -> None:
        self.is_cut.set()


def make_socket(transport: Transport) -> GuardedSocket:
    async def app(*_: object) -> None:
        """Nothing is served."""

    config = uvicorn.Config(cast("Any", app), ws=GuardedSocket, log_config=None)
    config.load()
    socket = GuardedSocket(config=config, server_state=ServerState(), app_state={})
    socket.transport = cast("Any", transport)
    return socket


def test_a_client_that_takes_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuardedSocket, "WRITE_S", 0.0)

    async def scenario() -> None:
        transport = Transport()
        make_socket(transport).pause_writing()
        await asyncio.wait_for(transport.is_cut.wait(), 30)

    asyncio.run(scenario())


def test_a_client_that_reads_on_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuardedSocket, "WRITE_S", 0.0)

    async def scenario() -> None:
        transport = Transport()
        socket = make_socket(transport)
        socket.pause_writing()
        socket.resume_writing()
        for _ in range(20):
            await asyncio.sleep(0)
        assert not transport.is_cut.is_set()

    asyncio.run(scenario())
