from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from azuraforge_ledger import LedgerUnavailable, Orders
from azuraforge_worker.lease_keeper import LeaseKeeper

NOTHING = Orders(is_cancel=False, is_pause=False)
CANCEL = Orders(is_cancel=True, is_pause=False)


@contextmanager
def keeping(
    answers: list[Orders | Exception | None],
    *,
    period_s: float = 0.01,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[tuple[LeaseKeeper, list[int]]]:
    """A keeper whose renewals are answered in turn; the last answer is repeated."""
    calls: list[int] = []

    def renew() -> Orders | None:
        answer = answers[min(len(calls), len(answers) - 1)]
        calls.append(threading.get_ident())
        if isinstance(answer, Exception):
            raise answer
        return answer

    keeper = LeaseKeeper(renew, period_s=period_s, clock=clock)
    try:
        yield keeper, calls
    finally:
        keeper.close()


def until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)
    return is_so()


def test_it_renews_on_a_clock_of_its_own() -> None:
    with keeping([NOTHING]) as (keeper, calls):
        assert until(lambda: len(calls) >= 3)
        assert threading.get_ident() not in calls
        assert not keeper.is_cancelled


def test_a_lost_fence_ends_it() -> None:
    with keeping([NOTHING, None]) as (keeper, calls):
        assert until(lambda: keeper.is_lost)
        assert len(calls) == 2


def test_a_cancel_is_remembered() -> None:
    with keeping([CANCEL, NOTHING]) as (keeper, calls):
        assert until(lambda: len(calls) >= 3)
        assert keeper.is_cancelled


def test_a_database_that_is_away_loses_nothing() -> None:
    with keeping([LedgerUnavailable("away"), LedgerUnavailable("away"), CANCEL]) as (keeper, _):
        assert until(lambda: keeper.is_cancelled)
        assert not keeper.is_lost


def test_a_poke_renews_at_once() -> None:
    with keeping([CANCEL], period_s=600.0) as (keeper, _):
        keeper.poke()
        assert until(lambda: keeper.is_cancelled)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_lease_is_fresh_until_shortly_before_its_end_counted_from_the_question() -> None:
    clock = Clock()
    asked = threading.Semaphore(0)
    may_answer = threading.Semaphore(0)

    def renew() -> Orders:
        asked.release()
        may_answer.acquire()
        return NOTHING

    keeper = LeaseKeeper(renew, period_s=600.0, lease_s=30.0, clock=clock)
    clock.now = 24.0
    assert keeper.is_fresh
    clock.now = 26.0
    assert not keeper.is_fresh
    keeper.poke()
    asked.acquire()
    clock.now = 40.0
    may_answer.release()
    assert until(lambda: keeper.is_fresh)
    clock.now = 26.0 + 25.5
    assert not keeper.is_fresh
    keeper.close()


def test_while_the_database_is_away_a_lease_ages() -> None:
    clock = Clock()
    with keeping([LedgerUnavailable("away")], clock=clock) as (keeper, calls):
        clock.now = 26.0
        assert until(lambda: len(calls) >= 3)
        assert not keeper.is_fresh
