"""What witnesses say must count: one wrong thing at a time in evidence that is otherwise right."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from azuraforge_ledger.testing import (
    History,
    Life,
    RecordedEvent,
    View,
    check_files,
    check_lives,
    check_published,
    check_view,
)

CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
EVENTS = [
    RecordedEvent(1, 0, "state", {"state": "queued", "previous": None}),
    RecordedEvent(2, 0, "state", {"state": "cancelled", "previous": "queued"}),
    RecordedEvent(3, 0, "end", {"state": "cancelled"}),
]
HISTORY = History("x", "cancelled", 0, 0, 0, 3, EVENTS, artifacts=[(2, "weights.txt", SHA256, len(CONTENT))])


def test_trainers_one_after_the_other_are_right() -> None:
    assert check_lives([Life(2, 20, 10, 19), Life(1, 10, 1, 9), Life(3, 30, 20, 20)]) == []


@pytest.mark.parametrize("other", [Life(2, 20, 5, 9), Life(2, 20, 2, 3), Life(1, 11, 8, 30)])
def test_two_trainers_at_a_time_are_found(other: Life) -> None:
    assert check_lives([Life(1, 10, 1, 9), other]) != []


def test_a_file_that_is_what_its_row_says_is_right(tmp_path: Path) -> None:
    _store(tmp_path, CONTENT)
    assert check_files(HISTORY, tmp_path) == []


@pytest.mark.parametrize("content", [b"weightS", b"weights!", b""])
def test_a_changed_file_is_found(tmp_path: Path, content: bytes) -> None:
    _store(tmp_path, content)
    assert check_files(HISTORY, tmp_path) != []


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    assert check_files(HISTORY, tmp_path) == ["I6: the file of weights.txt is not readable (No such file or directory)"]


@pytest.mark.parametrize("view", [View(EVENTS), View(EVENTS[1:], after=1), View(EVENTS[:2], is_whole=False)])
def test_a_viewer_who_saw_what_is_stored_is_right(view: View) -> None:
    assert check_view(HISTORY, view) == []


@pytest.mark.parametrize(
    "view",
    [
        View(EVENTS[:2]),
        View([]),
        View([EVENTS[0], EVENTS[2]]),
        View([EVENTS[0], EVENTS[0], EVENTS[1], EVENTS[2]]),
        View([EVENTS[1], EVENTS[0], EVENTS[2]]),
        View([EVENTS[0], replace(EVENTS[1], data={"state": "running"}), EVENTS[2]]),
        View([*EVENTS, RecordedEvent(4, 1, "epoch", {})]),
        View(EVENTS, after=1),
    ],
)
def test_a_viewer_who_saw_something_else_is_found(view: View) -> None:
    assert check_view(HISTORY, view) != []


def test_publishing_may_lose_and_repeat() -> None:
    assert check_published(HISTORY, [EVENTS[2], EVENTS[0], EVENTS[0]]) == []


@pytest.mark.parametrize("event", [replace(EVENTS[1], attempt=1), RecordedEvent(4, 1, "epoch", {})])
def test_what_was_published_and_is_not_stored_is_found(event: RecordedEvent) -> None:
    assert check_published(HISTORY, [EVENTS[0], event]) != []


def _store(root: Path, content: bytes) -> None:
    path = root / "sha256" / SHA256[:2] / SHA256
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
