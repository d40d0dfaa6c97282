"""Frames of the WebSocket that are not events."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from azuraforge_contracts.events import Event, LogRecord, SystemSample
from azuraforge_contracts.message import Message, Request


class Heartbeat(Message):
    """Sent every 15 s: a client that has seen less than `seq` has a silent gap."""

    type: Literal["heartbeat"] = "heartbeat"
    seq: int


class Snapshot(Message):
    """Replaces a history that is too far behind to replay: the events that matter, curves downsampled."""

    type: Literal["snapshot"] = "snapshot"
    seq: int
    events: list[Event]


class Reset(Message):
    """The client was too slow and missed events: it asks again with its own `after`."""

    type: Literal["reset"] = "reset"
    seq: int


class Resume(Request):
    """Client to server, after a `reset`: go on after this `seq` on the same socket."""

    type: Literal["resume"] = "resume"
    after: int = Field(ge=0, le=2**53)


class Recent(Message):
    """What a running trainer said and used lately: sent after the replay, and `GET …/{task_id}/logs`.

    Droppable: kept in Redis only, so it may be empty, and a part of it may come again as events.
    """

    type: Literal["recent"] = "recent"
    logs: list[LogRecord] = Field(default_factory=list)
    system: list[SystemSample] = Field(default_factory=list)
