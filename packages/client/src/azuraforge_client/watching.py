"""Following one experiment over server-sent events, across lost connections, without a gap and without a repeat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus

import httpx
from pydantic import ValidationError

from azuraforge_client.errors import ServerFailed, ServerUnreachable
from azuraforge_client.transport import Transport
from azuraforge_contracts import Event, EventType

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
SILENCE_S = 45.0
"""The server speaks at least every 15 s; three missed beats are a dead connection."""


class _Interrupted(Exception):
    pass


class Watch:
    """A place in one experiment's events: `after` is the number of the last one that was seen."""

    def __init__(
        self,
        transport: Transport,
        task_id: str,
        *,
        after: int,
        patience_s: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._path = f"/experiments/{task_id}/events/stream"
        self._patience_s = patience_s
        self._sleep = sleep
        self._clock = clock
        self.after = after

    def events(self) -> Iterator[Event]:
        """Every event above `after`, then each as it happens; ends after the experiment's last one.

        Stored events come once each, in order of `seq`; droppable ones (`seq` is None) come as they can.

        Raises:
            ServerUnreachable: nobody answered for `patience_s`.
            ProblemRaised: the server refused.
        """
        pause_s, heard_at = FIRST_PAUSE_S, self._clock()
        while True:
            try:
                for event in self._next_in_order(self._read_stream()):
                    pause_s, heard_at = FIRST_PAUSE_S, self._clock()
                    yield event
                    if event.type == EventType.END:
                        return
                if self._is_over():
                    return
            except (httpx.TransportError, ServerFailed, _Interrupted) as error:
                if self._clock() - heard_at > self._patience_s:
                    raise ServerUnreachable(self._transport.url) from error
            self._sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _next_in_order(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if event.seq is None:
                yield event
            elif event.seq == self.after + 1:
                self.after = event.seq
                yield event
            elif event.seq > self.after:
                raise _Interrupted  # a hole: ask again from what is known

    def _read_stream(self) -> Iterator[Event]:
        with self._transport.stream(self._path, params={"after": self.after}, read_timeout_s=SILENCE_S) as answer:
            if answer.status_code != HTTPStatus.NO_CONTENT:
                yield from parse_events(answer.iter_lines())

    def _is_over(self) -> bool:
        """Whether a stream that ended quietly ended because there is nothing more to come."""
        with self._transport.stream(self._path, params={"after": self.after}) as answer:
            return answer.status_code == HTTPStatus.NO_CONTENT


def parse_events(lines: Iterable[str]) -> Iterator[Event]:
    """Events out of the lines of a server-sent stream; heartbeats and unknown kinds are passed over."""
    kind, data = "", []
    for line in lines:
        if line.startswith("event:"):
            kind = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            if not kind:
                yield _parse_event("\n".join(data))
            kind, data = "", []
        elif not line:
            kind = ""


def _parse_event(text: str) -> Event:
    try:
        return Event.model_validate_json(text)
    except ValidationError:
        raise _Interrupted from None
