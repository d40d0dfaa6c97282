"""Pooling and its gradients: kernels against plain array code."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import Window
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers


def window(kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int] = (0, 0)) -> Window:
    return Window(kernel, stride, padding, (1, 1))


WINDOWS = [
    window((1, 1), (1, 1)),
    window((2, 2), (2, 2)),
    window((3, 2), (3, 2)),
    window((2, 3), (1, 2)),
    window((3, 3), (2, 2), (1, 1)),
    window((3, 3), (1, 1), (1, 0)),
    window((2, 2), (3, 3)),
    window((7, 9), (7, 9)),
    window((4, 1), (5, 4), (2, 0)),
]
CHANNELS = [1, 7, 8, 33]


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("one", WINDOWS)
def test_largest_numbers_and_their_gradients(
    native: NativeBackend, plain: ReferenceBackend, one: Window, channels: int
) -> None:
    x = numbers(3, 7, 9, channels)

    y, chosen = plain.max_pool(x, window=one)
    ours, ours_chosen = native.max_pool(x, window=one)

    assert np.array_equal(ours, y)
    assert np.array_equal(ours_chosen, chosen)
    g = numbers(*y.shape, seed=1)
    assert_near(
        native.max_pool_vjp(g, ours_chosen, window=one, space=(7, 9)),
        plain.max_pool_vjp(g, chosen, window=one, space=(7, 9)),
    )


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("one", WINDOWS)
def test_means_and_their_gradients(native: NativeBackend, plain: ReferenceBackend, one: Window, channels: int) -> None:
    x = numbers(3, 7, 9, channels)

    y = plain.average_pool(x, window=one)

    assert_near(native.average_pool(x, window=one), y)
    g = numbers(*y.shape, seed=1)
    assert_near(
        native.average_pool_vjp(g, window=one, space=(7, 9)), plain.average_pool_vjp(g, window=one, space=(7, 9))
    )


@pytest.mark.parametrize("one", WINDOWS)
def test_the_number_of_parts_changes_no_bit(native: NativeBackend, one: Window) -> None:
    x = numbers(3, 7, 9, 20)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            y, chosen = native.max_pool(x, window=one)
            mean = native.average_pool(x, window=one)
            dx = native.max_pool_vjp(y, chosen, window=one, space=(7, 9))
            answers.append([y, chosen, mean, dx, native.average_pool_vjp(y, window=one, space=(7, 9))])

    for others in answers[1:]:
        assert all(np.array_equal(mine, other) for mine, other in zip(answers[0], others, strict=True))


def test_of_equal_numbers_the_first_is_chosen_and_nan_is_larger_than_any(native: NativeBackend) -> None:
    x = np.ones((1, 2, 4, 9), dtype=np.float32)
    x[0, 1, 2], x[0, 1, 3] = np.nan, np.inf

    y, chosen = native.max_pool(x, window=window((2, 2), (2, 2)))

    assert (y[0, 0, 0] == 1).all()
    assert (chosen[0, 0, 0] == 0).all()
    assert np.isnan(y[0, 0, 1]).all()
    assert (chosen[0, 0, 1] == 2).all()


def test_padding_never_wins_and_counts_in_a_mean(native: NativeBackend) -> None:
    x, one = np.full((1, 2, 2, 3), -5, dtype=np.float32), window((2, 2), (1, 1), (1, 1))

    assert (native.max_pool(x, window=one)[0] == -5).all()
    assert native.average_pool(x, window=one)[0, 0, 0].tolist() == [-1.25] * 3


def test_operands_with_gaps_between_their_elements(native: NativeBackend, plain: ReferenceBackend) -> None:
    x, one = numbers(12, 9, 7, 4).transpose(3, 2, 1, 0)[..., ::2], window((2, 2), (2, 2))
    y, chosen = plain.max_pool(x, window=one)
    g = numbers(*y.shape[::-1]).T

    ours, ours_chosen = native.max_pool(x, window=one)

    assert np.array_equal(ours, y)
    assert_near(native.average_pool(x, window=one), plain.average_pool(x, window=one))
    assert_near(
        native.max_pool_vjp(g, ours_chosen, window=one, space=(7, 9)),
        plain.max_pool_vjp(g, chosen, window=one, space=(7, 9)),
    )


def test_windows_of_more_places_than_a_byte_can_name(native: NativeBackend) -> None:
    x, one = numbers(1, 17, 17, 2), window((17, 17), (17, 17))

    y, chosen = native.max_pool(x, window=one)
    dx = native.max_pool_vjp(np.ones_like(y), chosen, window=one, space=(17, 17))

    assert np.array_equal(y, x.max(axis=(1, 2), keepdims=True))
    assert np.array_equal(dx, (x == y).astype(np.float32))


@pytest.mark.slow
def test_narrower_vectors_give_the_same() -> None:
    environ = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]

    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-2000:]
