from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from azuraforge_ledger import FenceLost, Ledger, LedgerUnavailable
from azuraforge_ledger.grouping import CommitGroup


def put(value: str) -> Callable[[Connection], str]:
    def do(connection: Connection) -> str:
        connection.execute(text("INSERT INTO sign_in_link VALUES (:value, 'session', NULL, 0)"), {"value": value})
        return value

    return do


def refuse(connection: Connection) -> str:
    put("refused")(connection)
    raise FenceLost("x", attempt=1)


def stored(ledger: Ledger) -> list[str]:
    with ledger.database.read() as connection:
        return list(connection.execute(text("SELECT token_hash FROM sign_in_link ORDER BY 1")).scalars())


def together(ledger: Ledger, works: list[Callable[[Connection], str]]) -> list[object]:
    """Give all works while the database is busy, so that they share a commit where commits are shared."""
    group = CommitGroup(ledger.database)
    outcomes: list[object] = [None] * len(works)
    is_blocked, is_given = threading.Event(), threading.Event()

    def block(_connection: Connection) -> str:
        is_blocked.set()
        is_given.wait(30)
        return "blocked"

    def give(place: int) -> None:
        try:
            outcomes[place] = group.run(works[place])
        except Exception as error:  # noqa: BLE001 - handed to the test
            outcomes[place] = error

    threads = [threading.Thread(target=group.run, args=(block,))]
    threads[0].start()
    assert is_blocked.wait(30)
    threads += [threading.Thread(target=give, args=(place,)) for place in range(len(works))]
    for thread in threads[1:]:
        thread.start()
    is_given.set()
    for thread in threads:
        thread.join(30)
    return outcomes


def test_everyone_gets_their_own_result(ledger: Ledger) -> None:
    names = [f"{number:03}" for number in range(20)]
    assert together(ledger, [put(name) for name in names]) == names
    assert stored(ledger) == names


def test_one_that_is_refused_takes_nothing_of_the_others(ledger: Ledger) -> None:
    first, second, third = together(ledger, [put("a"), refuse, put("b")])
    assert (first, third) == ("a", "b")
    assert isinstance(second, FenceLost)
    assert stored(ledger) == ["a", "b"]


def test_a_lost_transaction_is_lost_for_everyone_who_was_in_it(sqlite_ledger: Callable[[], Ledger]) -> None:
    def break_down(connection: Connection) -> str:
        connection.execute(text("SELECT * FROM no_such_table"))
        return "never"

    ledger = sqlite_ledger()
    outcomes = together(ledger, [put("a"), break_down, put("b")])
    assert isinstance(outcomes[1], LedgerUnavailable)
    assert stored(ledger) == sorted(str(outcome) for outcome in outcomes if isinstance(outcome, str))


def test_an_interrupted_thread_leaves_no_guest_waiting(sqlite_ledger: Callable[[], Ledger]) -> None:
    def interrupt(_connection: Connection) -> str:
        raise KeyboardInterrupt

    ledger = sqlite_ledger()
    group = CommitGroup(ledger.database)
    with pytest.raises(KeyboardInterrupt):
        group.run(interrupt)
    assert group.run(put("after")) == "after"
