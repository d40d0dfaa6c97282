from __future__ import annotations

import pytest

from azuraforge_ledger import FenceLost, LedgerUnavailable
from azuraforge_worker.patience import LONGEST_WAIT_S, patiently


class Flaky:
    """Fails `failures` times, then answers."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise LedgerUnavailable("away")
        return "answer"


def test_the_answer_comes_after_the_database_is_back() -> None:
    waits: list[float] = []

    assert patiently(Flaky(8), between=waits.append) == "answer"

    assert len(waits) == 8
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_S


def test_whoever_waits_may_give_up() -> None:
    def give_up(_wait_s: float) -> None:
        raise FenceLost("task", attempt=1)

    flaky = Flaky(5)
    with pytest.raises(FenceLost):
        patiently(flaky, between=give_up)
    assert flaky.calls == 1


def test_a_refusal_is_not_tried_again() -> None:
    def refuse() -> None:
        raise FenceLost("task", attempt=1)

    with pytest.raises(FenceLost):
        patiently(refuse, between=lambda _wait_s: pytest.fail("there is nothing to wait for"))
