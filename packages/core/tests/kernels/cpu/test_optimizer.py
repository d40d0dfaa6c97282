"""Updates of parameters: kernels against plain array code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from azuraforge_core import AdamSettings, Array, LionSettings, RmspropSettings, SgdSettings
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

LENGTHS = [0, 1, 7, 16, 33, 1000, 40_001]
ADAM = [
    AdamSettings(keep=1.0, shrink=0.0, beta1=0.9, beta2=0.999, epsilon=1e-8, rate=1e-3),
    AdamSettings(keep=0.99, shrink=0.0, beta1=0.5, beta2=0.9, epsilon=1e-3, rate=0.1),
    AdamSettings(keep=1.0, shrink=0.2, beta1=0.0, beta2=0.0, epsilon=1e-2, rate=0.5),
]
SGD = [
    SgdSettings(shrink=0.0, momentum=0.0, is_nesterov=False, rate=0.1),
    SgdSettings(shrink=0.1, momentum=0.9, is_nesterov=False, rate=0.01),
    SgdSettings(shrink=0.1, momentum=0.9, is_nesterov=True, rate=0.01),
]
RMSPROP = [
    RmspropSettings(shrink=0.0, smoothing=0.99, epsilon=1e-8, momentum=0.0, rate=0.01),
    RmspropSettings(shrink=0.2, smoothing=0.5, epsilon=1e-3, momentum=0.9, rate=0.1),
]
LION = [
    LionSettings(keep=1.0, beta1=0.9, beta2=0.99, rate=1e-3),
    LionSettings(keep=0.9, beta1=0.0, beta2=0.5, rate=0.1),
]
Update = Callable[[ReferenceBackend, list[Array]], None]


def adam(settings: AdamSettings) -> Update:
    return lambda backend, rows: backend.adam(rows[0], rows[1], moments=(rows[2], rows[3]), settings=settings)


def sgd(settings: SgdSettings) -> Update:
    return lambda backend, rows: backend.sgd(rows[0], rows[1], velocity=rows[2], settings=settings)


def rmsprop(settings: RmspropSettings) -> Update:
    return lambda backend, rows: backend.rmsprop(rows[0], rows[1], moments=(rows[3], rows[2]), settings=settings)


def lion(settings: LionSettings) -> Update:
    return lambda backend, rows: backend.lion(rows[0], rows[1], first=rows[2], settings=settings)


UPDATES = [*map(adam, ADAM), *map(sgd, SGD), *map(rmsprop, RMSPROP), *map(lion, LION)]


def rows_of(length: int) -> list[Array]:
    """Values, gradients, and two moments; the last has no negative number."""
    rows = [numbers(length, seed=seed) for seed in range(4)]
    np.abs(rows[3], out=rows[3])
    return rows


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("update", UPDATES)
def test_three_steps_equal_the_plain_ones(
    native: NativeBackend, plain: ReferenceBackend, update: Update, length: int
) -> None:
    ours, theirs = rows_of(length), rows_of(length)

    for _ in range(3):
        update(native, ours)
        update(plain, theirs)

    for mine, other in zip(ours, theirs, strict=True):
        assert_near(mine, other)


@pytest.mark.parametrize("update", [adam(ADAM[0]), sgd(SGD[2]), rmsprop(RMSPROP[1]), lion(LION[1])])
def test_the_number_of_parts_changes_no_bit(native: NativeBackend, update: Update) -> None:
    answers = []
    for parts in (1, 2, 3):
        rows = rows_of(5001)
        with forced_parts(parts):
            update(native, rows)
        answers.append(rows)

    assert all(np.array_equal(a, b) for rows in answers for a, b in zip(rows, answers[0], strict=True))


@pytest.mark.parametrize("update", [adam(ADAM[0]), rmsprop(RMSPROP[0]), lion(LION[0])])
def test_a_gradient_that_is_nan_is_seen_in_the_value(native: NativeBackend, update: Update) -> None:
    rows = rows_of(40)
    rows[1][7] = np.nan

    update(native, rows)

    assert np.flatnonzero(np.isnan(rows[0])).tolist() == [7]


def test_nothing_outside_the_rows_is_touched(native: NativeBackend) -> None:
    block = np.ones(64, dtype=np.float32)
    inside = block[16:35]

    sgd(SGD[0])(native, [inside, numbers(19), np.zeros(19, dtype=np.float32)])

    assert (block[:16] == 1).all()
    assert (block[35:] == 1).all()
    assert (inside != 1).all()
