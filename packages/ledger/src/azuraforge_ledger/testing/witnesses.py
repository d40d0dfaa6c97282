"""What others saw of an experiment, held against its history: trainers, the store's folder, viewers.

Like `checker`, written from lifecycle.md section 5 alone; files are read and hashed here, not by the store.

    I4  at most one live trainer per experiment, by the marks that the trainers themselves left
    I6  every artifact row has a file with that sha256
    I7  what a viewer saw equals the ledger: nothing missing, nothing twice, nothing that is not stored
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from azuraforge_ledger.testing.history import History, RecordedEvent


@dataclass(frozen=True)
class Life:
    """What one trainer process told of itself: its first and its last sign of life, on one clock for all."""

    attempt: int
    pid: int
    first: int
    last: int


@dataclass(frozen=True)
class View:
    """What one viewer received, in order; it asked for everything after `after`."""

    seen: Sequence[RecordedEvent]
    after: int = 0
    is_whole: bool = True
    """Whether it watched to the end, so that the last event must be there too."""


def check_lives(lives: Sequence[Life]) -> list[str]:
    """What the marks say against I4."""
    ordered = sorted(lives, key=lambda life: life.first)
    return [
        f"I4: trainer {earlier.pid} of attempt {earlier.attempt} still lived when {later.pid} of attempt "
        f"{later.attempt} had begun"
        for earlier, later in pairwise(ordered)
        if earlier.last > later.first
    ]


def check_files(history: History, store: Path) -> list[str]:
    """What the files below `store` say against I6."""
    return [
        f"I6: the file of {name} is {wrong}"
        for _, name, sha256, size in history.artifacts
        if (wrong := _wrong_with(store / "sha256" / sha256[:2] / sha256, sha256=sha256, size=size))
    ]


def check_view(history: History, view: View) -> list[str]:
    """What a viewer saw against I7."""
    return list(_compare(history, view))


def check_published(history: History, events: Sequence[RecordedEvent]) -> list[str]:
    """What was published against I7: some may be lost or come twice, but nothing may be said that is not stored."""
    stored = {event.seq: event for event in history.events}
    return [
        f"I7: published was {event}, stored is {stored.get(event.seq)}"
        for event in events
        if stored.get(event.seq) != event
    ]


def _compare(history: History, view: View) -> Iterator[str]:
    stored = {event.seq: event for event in history.events}
    seqs = [event.seq for event in view.seen]
    expected = list(range(view.after + 1, view.after + 1 + len(seqs)))
    if seqs != expected:
        yield f"I7: a viewer after {view.after} saw seq {seqs}"
    if view.is_whole and (seqs[-1] if seqs else view.after) != history.last_seq:
        yield f"I7: a viewer saw {seqs[-1:]} last, the ledger holds {history.last_seq}"
    for event in view.seen:
        if stored.get(event.seq) != event:
            yield f"I7: a viewer saw {event}, stored is {stored.get(event.seq)}"


def _wrong_with(path: Path, *, sha256: str, size: int) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"not readable ({error.strerror})"
    if len(content) != size:
        return f"{len(content)} bytes long, its row says {size}"
    return "" if hashlib.sha256(content).hexdigest() == sha256 else "another one"
