"""Threads and processes at one ledger: numbers without a gap, one claim, no lost update; and kill -9 in the middle."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import text

from azuraforge_contracts import EventType, WarningRaised
from azuraforge_ledger import FenceLost, Ledger, LedgerUnavailable, database, open_ledger
from azuraforge_ledger.testing import check_history, play, read_history

WRITERS = 3
EACH = 25

WRITE = """
import sys
from azuraforge_contracts import EventType, WarningRaised
from azuraforge_ledger import open_ledger
from azuraforge_ledger.testing import play
url, task_id, kind, first, count = sys.argv[1:]
ledger = open_ledger(url)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(first), int(first) + int(count)):
    if kind == "claim":
        print(ledger.leases.claim(task_id, worker_id="process") is not None, flush=True)
    elif kind == "checkpoint":
        ledger.checkpoints.add(task_id, attempt=1, checkpoint=play.checkpoint(number))
    elif kind == "epoch":
        print(ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(number)).seq, flush=True)
    else:
        warning = WarningRaised(code="data", message=str(number))
        ledger.events.append(task_id, attempt=1, type=EventType.WARNING, data=warning)
"""


@contextmanager
def writer(url: str, task_id: str, kind: str, *, first: int = 1, count: int = EACH) -> Iterator[subprocess.Popen[str]]:
    """A process that writes; it waits for a line before it starts."""
    command = [sys.executable, "-c", WRITE, url, task_id, kind, str(first), str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finish(processes: list[subprocess.Popen[str]]) -> list[str]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return outputs


def in_threads(work: Callable[[int], None], *, count: int = WRITERS) -> list[BaseException]:
    """Do `work(0…count-1)` at the same moment; what they raised."""
    barrier, raised = threading.Barrier(count), list[BaseException]()

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except Exception as error:  # noqa: BLE001 - handed to the test
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def hammer(ledgers: list[Ledger], task_id: str) -> list[BaseException]:
    """Every ledger reads, then writes, many times: what a deferred transaction cannot do."""

    def work(number: int) -> None:
        for step in range(EACH):
            made = play.checkpoint(1 + number * EACH + step)
            ledgers[number].checkpoints.add(task_id, attempt=1, checkpoint=made)

    return in_threads(work, count=len(ledgers))


def test_threads_of_one_process_number_without_a_gap(ledger: Ledger) -> None:
    tasks = [play.start(ledger) for _ in range(2)]

    def work(number: int) -> None:
        for step in range(EACH):
            warning = WarningRaised(code="data", message=f"{number}.{step}")
            ledger.events.append(tasks[step % 2], attempt=1, type=EventType.WARNING, data=warning)

    assert in_threads(work) == []
    for task_id in tasks:
        assert check_history(read_history(ledger, task_id), is_ended=False) == []
    assert sum(ledger.events.last_seq(task_id) for task_id in tasks) == 2 * 3 + WRITERS * EACH


def test_threads_that_tell_the_same_epochs_store_each_once(ledger: Ledger) -> None:
    task_id = play.start(ledger)

    def work(_number: int) -> None:
        for number in range(1, EACH + 1):
            ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(number))

    assert in_threads(work) == []
    history = read_history(ledger, task_id)
    assert check_history(history, is_ended=False) == []
    assert (history.epoch, history.last_seq) == (EACH, 3 + EACH)


def test_processes_number_without_a_gap(ledger: Ledger, ledger_url: str) -> None:
    task_id = play.start(ledger)
    with (
        writer(ledger_url, task_id, "warning") as a,
        writer(ledger_url, task_id, "checkpoint") as b,
        writer(ledger_url, task_id, "epoch") as c,
    ):
        finish([a, b, c])
    history = read_history(ledger, task_id)
    assert check_history(history, is_ended=False) == []
    assert history.last_seq == 3 + 3 * EACH


def test_one_of_many_processes_claims(ledger: Ledger, ledger_url: str) -> None:
    task_id = play.submit(ledger)
    with writer(ledger_url, task_id, "claim", count=5) as a, writer(ledger_url, task_id, "claim", count=5) as b:
        answers = "".join(finish([a, b])).split()
    assert sorted(answers) == ["False"] * 9 + ["True"]
    assert ledger.experiments.get(task_id).attempt == 1


def test_a_cancel_and_a_finish_at_the_same_moment_agree(ledger: Ledger) -> None:
    for _ in range(10):
        task_id = play.start(ledger)

        def work(number: int, task_id: str = task_id) -> None:
            if number == 0:
                ledger.experiments.request_cancel(task_id)
            elif number == 1:
                ledger.leases.crashed(task_id, attempt=1, reason="killed")
            else:
                with suppress(FenceLost):
                    ledger.leases.release(task_id, attempt=1, reason="restart")

        raised = in_threads(work)
        assert all(isinstance(error, FenceLost) for error in raised)
        assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_connections_that_read_before_they_write_do_not_refuse_each_other(ledger_url: str) -> None:
    ledgers = [open_ledger(ledger_url) for _ in range(WRITERS)]
    task_id = play.start(ledgers[0])
    assert hammer(ledgers, task_id) == []
    assert check_history(read_history(ledgers[0], task_id), is_ended=False) == []
    for ledger in ledgers:
        ledger.close()


def test_with_a_deferred_begin_they_do(sqlite_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_begin_sqlite", lambda connection: connection.exec_driver_sql("BEGIN"))
    ledgers = [sqlite_ledger() for _ in range(WRITERS)]
    refused = hammer(ledgers, play.start(ledgers[0]))
    assert any(isinstance(error, LedgerUnavailable) and "locked" in str(error) for error in refused)


@pytest.mark.parametrize("lines", [1, 4, 9])
def test_a_killed_writer_leaves_whole_events_only(ledger: Ledger, ledger_url: str, lines: int) -> None:
    task_id = play.start(ledger)
    with writer(ledger_url, task_id, "epoch", count=100_000) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        told = [int(process.stdout.readline()) for _ in range(lines)]
        process.kill()
        process.wait()
        told += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    history = read_history(ledger, task_id)
    assert check_history(history, is_ended=False) == []
    assert told == list(range(4, 4 + len(told)))
    assert history.last_seq in {told[-1], told[-1] + 1}  # what was acknowledged, and at most the one under way
    ledger.events.append(task_id, attempt=1, type=EventType.EPOCH, data=play.epoch(history.epoch + 1))
    assert check_history(read_history(ledger, task_id), is_ended=False) == []


def test_a_writer_killed_inside_its_transaction_leaves_nothing(ledger: Ledger, ledger_url: str) -> None:
    task_id = play.start(ledger)
    before = read_history(ledger, task_id)
    script = """
import os, signal, sys
from azuraforge_ledger import journal, open_ledger
from azuraforge_ledger.states import Arrow
ledger = open_ledger(sys.argv[1])
with ledger.database.write() as connection:
    row = journal.lock_held(connection, sys.argv[2], attempt=1)
    journal.finish(connection, row, Arrow.FAIL, wanted="fail")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script, ledger_url, task_id], check=False).returncode == -9
    deadline = time.monotonic() + 30
    while _is_anyone_writing(ledger) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read_history(ledger, task_id) == before
    assert ledger.leases.renew(task_id, attempt=1, worker_id=play.WORKER) is not None


def _is_anyone_writing(ledger: Ledger) -> bool:
    """PostgreSQL notices a dead client a moment later."""
    if ledger.database.is_sqlite:
        return False
    query = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
    with ledger.database.read() as connection:
        return bool(connection.execute(query).scalar_one())
