"""Products of matrices and affine maps: kernels against plain array code."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from azuraforge_core import Array
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import LinearOperands
from azuraforge_core.kernels.cpu import linear
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

# One row; fewer rows than a tile; remainders of tile, panel and block of k; one more than a block of rows.
SIZES = [(1, 1, 1), (1, 200, 30), (2, 77, 31), (3, 9, 9), (7, 17, 3), (13, 33, 300), (5, 100, 257), (97, 16, 600)]


def laid_out(rows: int, columns: int, *, is_turned: bool, seed: int) -> Array:
    """A matrix whose rows, or whose columns, are contiguous."""
    return numbers(columns, rows, seed=seed).T if is_turned else numbers(rows, columns, seed=seed)


@pytest.mark.parametrize(("is_a_turned", "is_b_turned"), list(itertools.product([False, True], repeat=2)))
@pytest.mark.parametrize("size", SIZES)
def test_products_equal_those_in_float64(
    native: NativeBackend, size: tuple[int, int, int], is_a_turned: bool, is_b_turned: bool
) -> None:
    m, n, k = size
    a = laid_out(m, k, is_turned=is_a_turned, seed=1)
    b = laid_out(k, n, is_turned=is_b_turned, seed=2)

    exact = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)

    assert_near(native.matmul(a, b), exact)


def test_operands_with_gaps_between_their_elements(native: NativeBackend) -> None:
    a, b = numbers(20, 60)[::2, ::3], numbers(40, 66)[::2, ::3]

    assert_near(native.matmul(a, b), a @ b)


@pytest.mark.parametrize("size", [(64, 256, 70), (200, 30, 20), (12, 100, 520)])
def test_the_number_of_parts_changes_no_bit(size: tuple[int, int, int]) -> None:
    m, n, k = size
    a, b = numbers(m, k), numbers(k, n)
    answers = []
    for parts in (1, 2, 3, 7):
        with forced_parts(parts):
            answers.append(linear.matmul(a, b))

    assert all(np.array_equal(answer, answers[0]) for answer in answers)


def test_nan_and_infinity_pass_through(native: NativeBackend) -> None:
    a, b = numbers(9, 9), numbers(9, 20)
    a[2, 3], b[5, 6] = np.nan, np.inf

    y = native.linear(a, b, numbers(20), is_rectified=True)

    assert np.isnan(y[2]).all()
    assert not np.isfinite(y[:, 6]).any() or (y[np.isfinite(y[:, 6]), 6] == 0).all()
    assert np.isfinite(np.delete(np.delete(y, 2, axis=0), 6, axis=1)).all()


@pytest.mark.parametrize("size", [(1, 5, 3), (3, 40, 7), (50, 33, 20), (128, 10, 256)])
@pytest.mark.parametrize(("has_bias", "is_rectified"), list(itertools.product([False, True], repeat=2)))
def test_affine_maps_and_their_gradients(
    native: NativeBackend, plain: ReferenceBackend, size: tuple[int, int, int], has_bias: bool, is_rectified: bool
) -> None:
    m, n, k = size
    x, w, g = numbers(m, k, seed=1), numbers(k, n, seed=2), numbers(m, n, seed=3)
    b = numbers(n, seed=4) if has_bias else None
    y = plain.linear(x, w, b, is_rectified=is_rectified)
    operands = LinearOperands(x, w, y if is_rectified else None)
    wanted = {"needs": (True, True, has_bias), "memory": (None, None)}

    ours, theirs = native.linear_vjp(g, operands, **wanted), plain.linear_vjp(g, operands, **wanted)

    assert_near(native.linear(x, w, b, is_rectified=is_rectified), y)
    assert_near(ours.x, theirs.x)
    assert_near(ours.w, theirs.w)
    assert (ours.b is None) == (not has_bias)
    if has_bias:
        assert_near(ours.b, theirs.b)


def test_only_what_is_asked_for_is_computed(native: NativeBackend) -> None:
    operands = LinearOperands(numbers(4, 3), numbers(3, 5), None)

    assert native.linear_vjp(numbers(4, 5), operands, needs=(False, False, False), memory=(None, None)) == (None,) * 3


def test_gradients_are_written_where_there_is_memory(native: NativeBackend, plain: ReferenceBackend) -> None:
    operands, g = LinearOperands(numbers(40, 30), numbers(30, 20), None), numbers(40, 20)
    block = np.full(1000, 7, dtype=np.float32)
    memory = (block[:600].reshape(30, 20), block[608:628])

    ours = native.linear_vjp(g, operands, needs=(False, True, True), memory=memory)

    theirs = plain.linear_vjp(g, operands, needs=(False, True, True), memory=(None, None))
    assert ours.w is memory[0]
    assert ours.b is memory[1]
    assert_near(ours.w, theirs.w)
    assert_near(ours.b, theirs.b)
    assert (block[600:608] == 7).all()
    assert (block[628:] == 7).all()


def test_a_gradient_without_memory_of_its_own_is_understood(native: NativeBackend, plain: ReferenceBackend) -> None:
    operands = LinearOperands(numbers(6, 3), numbers(3, 5), None)
    g = np.broadcast_to(np.float32(2), (6, 5))
    wanted = {"needs": (True, True, True), "memory": (None, None)}

    for ours, theirs in zip(
        native.linear_vjp(g, operands, **wanted), plain.linear_vjp(g, operands, **wanted), strict=True
    ):
        assert_near(ours, theirs)


@pytest.mark.parametrize("shapes", [((0, 3), (3, 4)), ((2, 0), (0, 4)), ((2, 3), (3, 0))])
def test_empty_operands_give_what_numpy_gives(native: NativeBackend, shapes: tuple[tuple[int, int], ...]) -> None:
    a, b = (np.ones(shape, dtype=np.float32) for shape in shapes)

    np.testing.assert_array_equal(native.matmul(a, b), a @ b)


def test_float64_is_computed_plainly_and_exactly(native: NativeBackend) -> None:
    a, b = numbers(5, 4).astype(np.float64), numbers(4, 3).astype(np.float64)

    assert np.array_equal(native.matmul(a, b), a @ b)
