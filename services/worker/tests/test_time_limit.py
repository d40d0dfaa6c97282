from __future__ import annotations

import pytest

from azuraforge_contracts import FailureCode
from azuraforge_worker.time_limit import TimeLimit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_counts_from_the_first_sign_of_life_what_earlier_attempts_left() -> None:
    clock = Clock()
    limit = TimeLimit(60.0, used_s=20.0, clock=clock)
    clock.now += 1000.0
    assert not limit.is_over()
    limit.begin()
    clock.now += 39.9
    assert not limit.is_over()
    clock.now += 0.2
    assert limit.is_over()


def test_what_is_used_up_is_over_before_it_begins() -> None:
    assert TimeLimit(60.0, used_s=60.0).is_over()


def test_no_limit_is_never_over() -> None:
    clock = Clock()
    limit = TimeLimit(None, used_s=0.0, clock=clock)
    limit.begin()
    clock.now += 1e9
    assert not limit.is_over()


@pytest.mark.parametrize(("last_epoch", "words"), [(7, "epoch 7"), (None, "no checkpoint")])
def test_the_failure_says_where_one_may_go_on(last_epoch: int | None, words: str) -> None:
    failure = TimeLimit(5400.0, used_s=0.0).failure(last_epoch=last_epoch)

    assert failure.code is FailureCode.TIMEOUT
    assert "90 minutes" in failure.message
    assert words in failure.hint
    assert failure.params.get("last_epoch") == last_epoch
