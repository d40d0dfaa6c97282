"""Windows never hold what they are asked about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge_learner.data import window_origins, windows_at


@given(rows=st.integers(1, 80), length=st.integers(1, 20), horizon=st.integers(1, 10))
def test_no_window_sees_its_answer_or_anything_later(rows: int, length: int, horizon: int) -> None:
    numbers = np.arange(rows, dtype=np.float64)[:, None]  # each row holds its own number
    origins = window_origins(rows, length=length, horizon=horizon)
    windows = windows_at(numbers, origins, length=length)
    answers = origins + horizon
    assert windows.shape == (max(rows - length - horizon + 1, 0), length, 1)
    assert all(window.max() == origin for window, origin in zip(windows, origins, strict=True))
    assert all(window.max() < answer for window, answer in zip(windows, answers, strict=True))
    assert all(answer < rows for answer in answers)


def test_a_window_holds_consecutive_rows_in_order() -> None:
    numbers = np.arange(10, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(windows_at(numbers, np.array([4]), length=3)[0, :, 0], [2, 3, 4])


def test_the_dtype_is_kept() -> None:
    assert windows_at(np.zeros((5, 2), dtype=np.float32), np.array([3]), length=2).dtype == np.float32


@pytest.mark.parametrize("origin", [1, 10, -1])
def test_a_window_outside_the_series_is_refused_instead_of_wrapped(origin: int) -> None:
    with pytest.raises(IndexError):
        windows_at(np.zeros((10, 1)), np.array([origin]), length=3)
