"""Watching across lost connections: nothing missing, nothing twice."""

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from azuraforge_client import NotFound, ServerUnreachable
from azuraforge_client.transport import Transport
from azuraforge_client.watching import Watch, parse_events

COUNT = 40


def event(seq: int | None, kind: str = "epoch") -> dict[str, Any]:
    return {"experiment": "e", "seq": seq, "ts": "2026-11-20T18:00:00Z", "type": kind, "data": {}}


def lines(*events: dict[str, Any]) -> str:
    return "".join(f"id: {one['seq']}\ndata: {json.dumps(one)}\n\n" for one in events)


class Broken(httpx.SyncByteStream):
    """A body that ends with a broken connection."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[bytes]:
        yield self._text.encode()
        raise httpx.ReadError("the connection broke")


class Server:
    """Has `COUNT` events; answers, breaks, repeats and skips as its dice fall."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = int(request.url.params["after"])
        fate = self._dice.choice(["all", "break", "break", "away", "503", "skip", "again", "quiet"])
        if after == COUNT:
            return httpx.Response(204)
        if fate == "away":
            raise httpx.ConnectError("nobody")
        if fate == "503":
            body = {"title": "T", "status": 503, "code": "x", "detail": "d", "hint": "h"}
            return httpx.Response(503, json=body)
        until = COUNT if fate == "all" else min(COUNT, after + self._dice.randrange(5))
        numbers = list(range(after + 1, until + 1))
        if fate == "skip":
            numbers = numbers[1:]
        if fate == "again":
            numbers = [max(1, after), *numbers]
        events = [event(number, "end" if number == COUNT else "epoch") for number in numbers]
        text = (
            ": hello\n\nevent: heartbeat\ndata: {}\n\n"
            + lines(*events)
            + f"data: {json.dumps(event(None, 'batch'))}\n\n"
        )
        if fate in {"all", "quiet"}:
            return httpx.Response(200, text=text)
        return httpx.Response(200, stream=Broken(text))


def watch(handle: Any, **options: Any) -> Watch:
    transport = Transport("http://x", key=None, http=httpx.MockTransport(handle))
    now = iter(range(10**6))
    settings = {"after": 0, "patience_s": 1000.0, "sleep": lambda _: None, "clock": lambda: float(next(now)), **options}
    return Watch(transport, "e", **settings)


@pytest.mark.parametrize("seed", range(100))
def test_every_event_comes_once_whatever_the_connection_does(seed: int) -> None:
    seen = [one.seq for one in watch(Server(seed)).events() if one.seq is not None]
    assert seen == list(range(1, COUNT + 1))


def test_patience_ends() -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody")

    with pytest.raises(ServerUnreachable):
        list(watch(nobody, patience_s=5.0).events())


def test_a_refusal_is_raised_at_once() -> None:
    body = {"title": "T", "status": 404, "code": "not_found", "detail": "d", "hint": "h"}
    with pytest.raises(NotFound):
        list(watch(lambda _: httpx.Response(404, json=body)).events())


def test_what_was_seen_before_is_not_asked_for_again() -> None:
    assert list(watch(lambda _: httpx.Response(204), after=COUNT).events()) == []


def test_unknown_kinds_and_types_do_not_disturb() -> None:
    text = f"event: new\ndata: x\n\ndata: {json.dumps(event(1, 'from-the-future'))}\n\n"
    assert [one.type for one in parse_events(text.splitlines())] == ["from-the-future"]
