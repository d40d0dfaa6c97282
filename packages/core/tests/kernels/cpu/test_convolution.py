"""Convolutions and their gradients: kernels against plain array code."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from azuraforge_core import Array
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import LinearGradients, LinearOperands, PooledOperands, Window
from azuraforge_core.kernels.cpu import convolution, convolution_plans
from azuraforge_core.kernels.cpu.replay import find_replay
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

ALL = (True, True, True)
NOWHERE = (None, None)


class Case(NamedTuple):
    """A convolution: rows, space, channels, outputs and its window."""

    n: int
    space: tuple[int, ...]
    channels: int
    outputs: int
    window: Window


def case(
    n: int,
    space: tuple[int, ...],
    widths: tuple[int, int],
    kernel: tuple[int, ...],
    *,
    stride: tuple[int, ...] = (1, 1),
    padding: tuple[int, ...] = (0, 0),
    dilation: tuple[int, ...] = (1, 1),
    groups: int = 1,
) -> Case:
    return Case(n, space, *widths, Window(kernel, stride, padding, dilation, groups))


CASES = [
    case(1, (1, 1), (1, 1), (1, 1)),
    case(2, (9, 9), (1, 16), (3, 3)),
    case(3, (13, 13), (16, 32), (3, 3)),
    case(2, (9, 7), (3, 10), (3, 2), padding=(1, 1)),
    case(2, (8, 11), (5, 17), (3, 3), stride=(2, 2), padding=(1, 1)),
    case(2, (9, 11), (5, 18), (3, 3), stride=(2, 3), padding=(1, 0), dilation=(2, 1)),
    case(2, (9, 11), (4, 33), (3, 3), padding=(4, 4), dilation=(1, 2)),
    case(2, (9, 11), (6, 12), (3, 3), padding=(1, 1), groups=3),
    case(2, (9, 11), (6, 12), (3, 3), stride=(2, 2), padding=(1, 1), groups=2),
    case(2, (9, 11), (4, 8), (3, 3), padding=(1, 1), groups=4),
    case(2, (9, 11), (6, 6), (3, 3), padding=(1, 1), groups=6),
    case(2, (9, 11), (20, 20), (3, 3), stride=(2, 2), padding=(1, 1), groups=20),
    case(2, (9, 11), (33, 33), (3, 3), padding=(2, 2), dilation=(2, 2), groups=33),
    case(2, (12, 12), (4, 8), (2, 2), stride=(3, 3)),
    case(3, (20,), (3, 16), (5,), stride=(1,), padding=(2,), dilation=(1,)),
    case(3, (20,), (3, 9), (5,), stride=(2,), padding=(2,), dilation=(2,)),
    case(1, (40, 40), (48, 40), (3, 3), padding=(1, 1)),
]
POOLED = [(2, 2), (1, 3), (3, 2)]


def operands(one: Case) -> tuple[Array, Array, Array]:
    """x, w and b, such that answers are near 1."""
    shape = (*one.window.kernel, one.channels // one.window.groups, one.outputs)
    w = numbers(*shape, seed=2) / np.float32(np.sqrt(np.prod(shape[:-1])))
    return numbers(one.n, *one.space, one.channels, seed=1), w, numbers(one.outputs, seed=3)


def side_by_side(*sides: int) -> Window:
    return Window(sides, sides, (0,) * len(sides), (1,) * len(sides))


def assert_same_gradients(ours: LinearGradients, theirs: LinearGradients) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None and other is not None:
            assert_near(mine, other)


@pytest.mark.parametrize("one", CASES)
@pytest.mark.parametrize(("has_bias", "is_rectified"), list(itertools.product([False, True], repeat=2)))
def test_convolutions_and_their_gradients(
    native: NativeBackend, plain: ReferenceBackend, one: Case, has_bias: bool, is_rectified: bool
) -> None:
    x, w, b = operands(one)
    bias = b if has_bias else None

    y = plain.convolve(x, w, bias, window=one.window, is_rectified=is_rectified)
    ours = native.convolve(x, w, bias, window=one.window, is_rectified=is_rectified)

    assert_near(ours, y)
    g, known = numbers(*y.shape, seed=4), LinearOperands(x, w, y if is_rectified else None)
    options = {"window": one.window, "needs": (True, True, has_bias), "memory": NOWHERE}
    assert_same_gradients(native.convolve_vjp(g, known, **options), plain.convolve_vjp(g, known, **options))


@pytest.mark.parametrize("one", [one for one in CASES if len(one.space) == 2 and min(one.space) > 4])
@pytest.mark.parametrize("sides", POOLED)
def test_convolutions_with_a_pooling_behind(
    native: NativeBackend, plain: ReferenceBackend, one: Case, sides: tuple[int, int]
) -> None:
    (x, w, b), pool = operands(one), side_by_side(*sides)

    y, chosen = plain.convolve_pool(x, w, b, window=one.window, pool=pool)
    ours, bytes_chosen = native.convolve_pool(x, w, b, window=one.window, pool=pool)

    assert_near(ours, y)
    g, options = numbers(*y.shape, seed=4), {"windows": (one.window, pool), "needs": ALL, "memory": NOWHERE}
    assert_same_gradients(
        native.convolve_pool_vjp(g, PooledOperands(x, w, bytes_chosen), **options),
        plain.convolve_pool_vjp(g, PooledOperands(x, w, chosen), **options),
    )


@pytest.mark.parametrize("one", CASES)
def test_the_number_of_parts_changes_no_bit(native: NativeBackend, one: Case) -> None:
    x, w, b = operands(one)
    pool = side_by_side(1, 1)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            y = native.convolve(x, w, b, window=one.window, is_rectified=True)
            gradients = native.convolve_vjp(y, LinearOperands(x, w, y), window=one.window, needs=ALL, memory=NOWHERE)
            pooled = native.convolve_pool(x, w, b, window=one.window, pool=pool) if len(one.space) == 2 else ()
        answers.append([y, *gradients, *pooled])

    for others in answers[1:]:
        assert all(np.array_equal(mine, other) for mine, other in zip(answers[0], others, strict=True))


@pytest.mark.parametrize("needs", [(True, False, False), (False, True, False), (False, False, True), (False,) * 3])
def test_only_gradients_that_are_needed_are_computed(native: NativeBackend, needs: tuple[bool, bool, bool]) -> None:
    x, w, b = operands(CASES[1])
    y = native.convolve(x, w, b, window=CASES[1].window)

    given = native.convolve_vjp(y, LinearOperands(x, w, None), window=CASES[1].window, needs=needs, memory=NOWHERE)

    assert tuple(gradient is not None for gradient in given) == needs


def test_gradients_are_written_where_memory_was_lent(native: NativeBackend) -> None:
    one = CASES[2]
    x, w, b = operands(one)
    y = native.convolve(x, w, b, window=one.window)
    memory = (np.full_like(w, np.nan), np.full_like(b, np.nan))

    given = native.convolve_vjp(y, LinearOperands(x, w, None), window=one.window, needs=ALL, memory=memory)

    assert given.w is memory[0]
    assert given.b is memory[1]
    assert_near(memory[1], y.sum(axis=(0, 1, 2)))


def test_operands_with_gaps_between_their_elements(native: NativeBackend, plain: ReferenceBackend) -> None:
    window = Window((3, 3), (1, 1), (1, 1), (1, 1))
    x, w, b = numbers(4, 12, 9, 14)[::2, ::2, :, 1::2], numbers(3, 3, 40, 7).swapaxes(2, 3), numbers(80)[::2]

    y = plain.convolve(x, w, b, window=window)
    g, known = numbers(*y.shape[::-1]).T, LinearOperands(x, w, None)

    assert_near(native.convolve(x, w, b, window=window), y)
    options = {"window": window, "needs": ALL, "memory": NOWHERE}
    assert_same_gradients(native.convolve_vjp(g, known, **options), plain.convolve_vjp(g, known, **options))


def test_nan_and_infinity_reach_the_windows_that_read_them_and_no_other(native: NativeBackend) -> None:
    window = Window((3, 3), (1, 1), (0, 0), (1, 1))
    x, w = numbers(1, 9, 9, 2), numbers(3, 3, 2, 5)
    x[0, 2, 2, 0], x[0, 6, 6, 1] = np.nan, np.inf

    y = native.convolve(x, w, None, window=window, is_rectified=True)
    pooled, _ = native.convolve_pool(x, w, None, window=window, pool=side_by_side(7, 7))

    assert np.isnan(y[0, :3, :3]).all()
    assert (np.isinf(y[0, 4:, 4:]) | (y[0, 4:, 4:] == 0)).all()
    assert np.isfinite(y[0, 3:4]).all()
    assert np.isnan(pooled).all()


def test_of_equal_numbers_the_first_gets_the_gradient_and_of_negative_ones_none(native: NativeBackend) -> None:
    window, pool = Window((1, 1), (1, 1), (0, 0), (1, 1)), side_by_side(2, 2)
    x, w = np.ones((1, 2, 4, 1), dtype=np.float32), np.ones((1, 1, 1, 1), dtype=np.float32)
    x[0, :, 2:] = -1

    y, chosen = native.convolve_pool(x, w, None, window=window, pool=pool)
    dx, _, _ = native.convolve_pool_vjp(
        np.ones_like(y), PooledOperands(x, w, chosen), windows=(window, pool), needs=ALL, memory=NOWHERE
    )

    assert dx is not None
    assert dx[0, :, :, 0].tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]


def test_an_empty_batch(native: NativeBackend) -> None:
    one = CASES[2]
    _, w, b = operands(one)
    x = np.empty((0, *one.space, one.channels), dtype=np.float32)

    y = native.convolve(x, w, b, window=one.window)
    given = native.convolve_vjp(y, LinearOperands(x, w, None), window=one.window, needs=ALL, memory=NOWHERE)

    assert y.shape == (0, 11, 11, 32)
    assert given.w is not None
    assert not given.w.any()


def test_a_replay_keeps_what_its_launches_read(native: NativeBackend) -> None:
    one = CASES[4]
    x, w, b = operands(one)
    replay = find_replay(lambda images: native.convolve(images, w, b, window=one.window), x)
    assert replay is not None

    for cached in (convolution._forward, convolution_plans.forward_plan):
        cached.cache_clear()
    kept = [np.full(size, -1, dtype=np.int64) for size in range(39, 2000)]  # what was free is written over

    assert np.array_equal(replay(x), native.convolve(x, w, b, window=one.window))
    assert kept


@pytest.mark.slow
def test_narrower_vectors_give_the_same() -> None:
    environ = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    chosen = [sys.executable, "-m", "pytest", __file__, "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]

    done = subprocess.run(
        [*chosen, "-k", "gradients or pooling"], env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-2000:]
