"""Splits in time order: at each origin the earlier parts' answers are all in the past."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_learner.data import TooFewRows, rows_needed, split_in_time
from azuraforge_learner.data.splits import MINIMUM

SHARES = st.floats(0.05, 0.4)


def next_enough(rows: int, **options: Any) -> int:
    """The rows themselves, or as many as the refusal asks for, which must be more."""
    try:
        split_in_time(rows, **options)
    except TooFewRows as refusal:
        needed = int(refusal.params["needed"])
        assert needed > rows
        return needed
    return rows


def test_one_row_more_may_be_one_too_few_and_the_refusal_knows() -> None:
    options = {"length": 2, "horizon": 4, "validation": 0.31640625, "test": 0.31640625}
    split_in_time(66, **options)

    with pytest.raises(TooFewRows, match=r"has 67 rows, but .* need at least 68"):
        split_in_time(67, **options)
    split_in_time(68, **options)


@given(
    rows=st.integers(40, 600),
    length=st.integers(2, 30),
    horizon=st.integers(1, 20),
    validation=SHARES,
    test=SHARES,
)
def test_no_part_knows_an_answer_of_a_later_part(
    rows: int, length: int, horizon: int, validation: float, test: float
) -> None:
    options = {"length": length, "horizon": horizon, "validation": validation, "test": test}
    rows = next_enough(rows, **options)
    split = split_in_time(rows, **options)
    assert split.train[-1] + horizon <= split.validation[0]
    assert split.validation[-1] + horizon <= split.test[0]
    assert split.test[-1] + horizon == rows - 1
    assert split.train[0] == length - 1


def test_the_shares_are_those_asked_for() -> None:
    split = split_in_time(1019, length=20, horizon=1, validation=0.2, test=0.1)
    assert (len(split.train), len(split.validation), len(split.test)) == (699, 200, 100)


@pytest.mark.parametrize("horizon", [1, 5, 20])
@pytest.mark.parametrize("share", [0.05, 0.15, 0.4])
def test_needed_rows_are_the_fewest_that_are_enough(horizon: int, share: float) -> None:
    options = {"length": 20, "horizon": horizon, "validation": share, "test": share}
    needed = rows_needed(**options)
    split = split_in_time(needed, **options)
    assert all(len(getattr(split, part)) >= minimum for part, minimum in MINIMUM.items())
    with pytest.raises(TooFewRows) as raised:
        split_in_time(needed - 1, **options)
    assert raised.value.params == {"rows": needed - 1, "needed": needed}


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_tiny_series_says_how_many_rows_are_needed(rows: int) -> None:
    with pytest.raises(TooFewRows, match=f"has {rows} rows, but .* need at least 51"):
        split_in_time(rows, length=20, horizon=1, validation=0.15, test=0.15)
