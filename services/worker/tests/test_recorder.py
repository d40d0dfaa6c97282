from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azuraforge_contracts import EpochFinished, Event, EventType, LineType
from azuraforge_ledger import FenceLost, Ledger, LedgerUnavailable, open_ledger
from azuraforge_ledger.testing import check_history, play, read_history
from azuraforge_worker.attempt_folder import SPOOL_NAME
from azuraforge_worker.errors import SpoolDamaged
from azuraforge_worker.recorder import Recorder
from azuraforge_worker.spool import Record, Spool


def wait(wait_s: float) -> None:
    time.sleep(min(wait_s, 0.01))


def never(_wait_s: float) -> None:
    pytest.fail("there is nothing to wait for")


class Store:
    """A ledger that answers when the test says so; `stored` is what it took, in order."""

    def __init__(self) -> None:
        self.stored: list[int] = []
        self.is_here = threading.Event()
        self.refuses_at = 0
        self.hangs = False
        self.calls = 0

    def __call__(self, record: Record) -> list[Event]:
        self.calls += 1
        if self.hangs:
            self.is_here.wait(20)
        elif not self.is_here.is_set():
            raise LedgerUnavailable("away")
        assert isinstance(record.data, EpochFinished)
        if record.data.epoch == self.refuses_at:
            raise FenceLost("task", attempt=1)
        self.stored.append(record.data.epoch)
        return []


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def recorder(store: Store, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(store, spool=Spool(tmp_path), patience_s=0.2)
    yield made
    store.is_here.set()
    made.close()


def record(recorder: Recorder, epoch: int, *, between: Callable[[float], None] = never) -> None:
    data = EpochFinished(epoch=epoch, epochs=99, metrics={})
    assert recorder.record(LineType.EPOCH, data, between=between) == []


def test_a_ledger_that_answers_takes_each_report_itself(recorder: Recorder, store: Store, tmp_path: Path) -> None:
    store.is_here.set()
    for epoch in (1, 2, 3):
        record(recorder, epoch)
        assert store.stored[-1] == epoch
    assert not recorder.is_behind
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("hangs", [False, True])
def test_reports_are_durable_while_it_is_away_and_replayed_in_order_before_anything_newer(
    recorder: Recorder, store: Store, tmp_path: Path, hangs: bool
) -> None:
    store.hangs = hangs
    for epoch in range(1, 31):
        record(recorder, epoch)
    assert recorder.is_behind
    assert len((tmp_path / SPOOL_NAME).read_bytes().splitlines()) == 30

    store.is_here.set()
    for epoch in range(31, 61):
        record(recorder, epoch)
    recorder.flush(between=wait)

    assert store.stored == list(range(1, 61))
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_of_what_was_spooled_ends_it_and_nothing_newer_is_stored(recorder: Recorder, store: Store) -> None:
    store.refuses_at = 2
    for epoch in (1, 2, 3):
        record(recorder, epoch)
    store.is_here.set()

    with pytest.raises(FenceLost):
        recorder.flush(between=wait)
    with pytest.raises(FenceLost):
        record(recorder, 4)
    assert store.stored == [1]


def test_a_damaged_spool_ends_it(recorder: Recorder, store: Store, tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        record(recorder, epoch)
    os.truncate(tmp_path / SPOOL_NAME, 300)
    store.is_here.set()

    with pytest.raises(SpoolDamaged):
        recorder.flush(between=wait)


def test_where_the_disk_is_full_too_a_report_waits_and_is_stored_once(
    recorder: Recorder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    waits: list[float] = []

    def come_back(wait_s: float) -> None:
        waits.append(wait_s)
        if len(waits) == 3:
            store.is_here.set()
        wait(wait_s)

    monkeypatch.setattr(os, "pwrite", fill)
    record(recorder, 1, between=come_back)

    assert len(waits) >= 3
    assert store.stored == [1]
    assert not recorder.is_behind


def test_a_locked_sqlite_stops_no_reports_and_loses_none(sqlite_url: str, tmp_path: Path) -> None:
    ledger = open_ledger(sqlite_url)
    ledger.migrate()
    task_id = play.start(ledger)

    def append(one: Record) -> list[Event]:
        return [ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=one.data)]

    recorder = Recorder(append, spool=Spool(tmp_path), patience_s=0.05)
    locker = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    for number in range(1, 21):
        recorder.record(LineType.EPOCH, play.epoch(number), between=never)
    assert _epochs(ledger, task_id) == []
    locker.execute("COMMIT")

    told = recorder.flush(between=wait)

    assert [event.data["epoch"] for event in told] == list(range(1, 21))
    assert _epochs(ledger, task_id) == list(range(1, 21))
    assert check_history(read_history(ledger, task_id), is_ended=False) == []
    recorder.close()
    locker.close()
    ledger.close()


def _epochs(ledger: Ledger, task_id: str) -> list[object]:
    return [event.data["epoch"] for event in ledger.events.read(task_id).items if event.type == EventType.EPOCH]
