"""The invariants of lifecycle.md section 5, on a recorded history.

Written from that page alone: nothing here is shared with the code under test, its table of arrows included.

    I1  one terminal state, told once, followed by `end` and by nothing else
    I2  `seq` is 1..n without a gap, and the row agrees
    I3  one event per epoch, in order from 1, or from where a fork starts, with its metrics
    I5  only the attempt that holds the experiment is heard
        (I4, I6 and I7 need witnesses beside the ledger: see `witnesses`)
    S   every arrow is one of the drawing, told with where it came from
    O   a queued experiment is owed a message, no other is
"""

from __future__ import annotations

from collections.abc import Iterator

from azuraforge_ledger.testing.history import History, RecordedEvent

_TERMINAL = {"succeeded", "failed", "cancelled"}
_FOLLOWS = {
    None: {"queued"},
    "queued": {"starting", "paused", "cancelled", "failed"},
    "starting": {"running", "pausing", "cancelling", "queued", "retry_wait", "failed"},
    "running": {"pausing", "cancelling", "queued", "retry_wait", "succeeded", "failed"},
    "cancelling": {"cancelled", "succeeded", "failed"},
    "pausing": {"paused", "cancelling", "succeeded", "failed"},
    "paused": {"queued", "cancelled"},
    "retry_wait": {"queued", "paused", "cancelled"},
}
_HELD = {"starting", "running", "cancelling", "pausing"}
_ONLY_HELD = {"epoch", "checkpoint", "artifact", "resumed"}


def check_history(history: History, *, is_ended: bool = True) -> list[str]:
    """What is wrong with `history`, one sentence each; empty if everything holds.

    `is_ended`: the experiment should have reached its end by now.
    """
    checks = (_numbers, _arrows, _epochs, _attempts, _rows, _owed)
    found = [problem for check in checks for problem in check(history)]
    return [*found, *_end(history, is_ended=is_ended)]


def _states(history: History) -> list[RecordedEvent]:
    return [event for event in history.events if event.type == "state"]


def _end(history: History, *, is_ended: bool) -> Iterator[str]:
    terminal = [event for event in _states(history) if event.data["state"] in _TERMINAL]
    ends = [event for event in history.events if event.type == "end"]
    if is_ended and len(terminal) != 1:
        yield f"I1: {len(terminal)} terminal states, expected one"
    if len(terminal) > 1:
        yield f"I1: terminal states at seq {[event.seq for event in terminal]}"
    if len(terminal) != len(ends):
        yield f"I1: {len(terminal)} terminal states but {len(ends)} end events"
    for state, end in zip(terminal, ends, strict=False):
        if end.seq != state.seq + 1 or end is not history.events[-1]:
            yield f"I1: end at seq {end.seq} is not the last event, right after the terminal state {state.seq}"
        if end.data["state"] != state.data["state"]:
            yield f"I1: end says {end.data['state']}, the state before it {state.data['state']}"
    if (history.state in _TERMINAL) != bool(terminal):
        yield f"I1: the row is {history.state}, the log has {len(terminal)} terminal states"


def _numbers(history: History) -> Iterator[str]:
    seqs = [event.seq for event in history.events]
    if seqs != list(range(1, len(seqs) + 1)):
        yield f"I2: seq is {seqs}"
    if history.last_seq != len(seqs):
        yield f"I2: the row's last_seq is {history.last_seq}, the log holds {len(seqs)} events"


def _arrows(history: History) -> Iterator[str]:
    state = None
    for event in _states(history):
        if event.data["state"] not in _FOLLOWS.get(state, set()):
            yield f"S: {state} -> {event.data['state']} at seq {event.seq} is no arrow"
        if event.data["previous"] != state:
            yield f"S: seq {event.seq} says it came from {event.data['previous']}, it came from {state}"
        state = event.data["state"]
    if history.state != state:
        yield f"S: the row is {history.state}, the log ends at {state}"


def _epochs(history: History) -> Iterator[str]:
    told = [event for event in history.events if event.type == "epoch"]
    epochs = [event.data["epoch"] for event in told]
    first = history.first_epoch
    if epochs != list(range(first + 1, first + len(epochs) + 1)):
        yield f"I3: epochs are {epochs}"
    if history.epoch != max(epochs, default=first):
        yield f"I3: the row's epoch is {history.epoch}, the log's last one {max(epochs, default=first)}"
    points = {(name, event.data["epoch"]): value for event in told for name, value in event.data["metrics"].items()}
    if points != {(name, step): value for name, step, value in history.metrics}:
        yield "I3: the metric rows are not the metrics of the epoch events"


def _attempts(history: History) -> Iterator[str]:
    attempt, is_held = 0, False
    for event in history.events:
        state = event.data["state"] if event.type == "state" else None
        expected = attempt + 1 if state == "starting" else attempt
        if event.attempt != expected:
            yield f"I5: {event.type} at seq {event.seq} is of attempt {event.attempt}, expected {expected}"
        if event.type in _ONLY_HELD and not is_held:
            yield f"I5: {event.type} at seq {event.seq} while nobody holds the experiment"
        attempt = expected
        if state is not None:
            is_held = state in _HELD
    if history.attempt != attempt:
        yield f"I5: the row's attempt is {history.attempt}, the log's last one {attempt}"


def _rows(history: History) -> Iterator[str]:
    told = [(event.seq, event.attempt, event.data["epoch"]) for event in history.events if event.type == "checkpoint"]
    if told != history.checkpoints:
        yield f"I5: checkpoint rows {history.checkpoints}, checkpoint events {told}"
    made = [
        (event.seq, event.data["name"], event.data["sha256"], event.data["bytes"])
        for event in history.events
        if event.type == "artifact"
    ]
    if made != history.artifacts:
        yield f"I5: artifact rows {history.artifacts}, artifact events {made}"


def _owed(history: History) -> Iterator[str]:
    if history.is_owed_a_message != (history.state == "queued"):
        yield f"O: the row is {history.state}, a message owed: {history.is_owed_a_message}"
