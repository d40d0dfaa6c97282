"""Mean squared error: kernels against plain array code."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge_core.backend.native import SOME, NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.kernels.cpu import loss
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

LENGTHS = [1, 7, 33, loss.CHUNK - 1, loss.CHUNK, loss.CHUNK + 1, 3 * loss.CHUNK + 17]


@pytest.mark.parametrize("length", LENGTHS)
def test_sum_differences_and_slopes(plain: ReferenceBackend, length: int) -> None:
    a, b = numbers(length, seed=1), numbers(length, seed=2)

    (total, difference), (expected, differences) = loss.squared_error(a, b), plain.squared_error(a, b)

    assert float(total) == pytest.approx(float(expected), rel=1e-5)
    assert np.array_equal(difference, differences)
    assert_near(loss.scaled(difference, 0.3), np.float32(0.3) * differences)


def test_the_number_of_parts_changes_no_bit() -> None:
    a, b = numbers(50_001, seed=1), numbers(50_001, seed=2)
    totals = []
    for parts in (1, 2, 3, 7):
        with forced_parts(parts):
            totals.append(loss.squared_error(a, b)[0])

    assert len({float(total) for total in totals}) == 1


def test_operands_with_gaps_and_of_several_axes(native: NativeBackend, plain: ReferenceBackend) -> None:
    a, b = numbers(90, 120)[::2, ::2], numbers(45, 60, seed=3)
    assert a.size < SOME

    big, other = numbers(200, 120)[::2], numbers(100, 120, seed=3)

    for x, y in ((a, b), (big, other)):
        (total, difference), (expected, differences) = native.squared_error(x, y), plain.squared_error(x, y)
        assert float(total) == pytest.approx(float(expected), rel=1e-5)
        assert np.array_equal(difference, differences)


def test_nan_is_in_the_sum(native: NativeBackend) -> None:
    a = numbers(SOME + 5)
    a[77] = np.nan

    assert np.isnan(float(native.squared_error(a, numbers(SOME + 5))[0]))
