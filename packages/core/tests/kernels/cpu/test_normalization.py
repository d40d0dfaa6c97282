"""Layer and root-mean-square normalisation: kernels against plain array code."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.kernels.cpu import normalization
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

SIZES = [(1, 2), (3, 5), (17, 33), (100, 128), (0, 4), (1100, 3)]
CHOICES = list(itertools.product([False, True], repeat=4))


@pytest.mark.parametrize(("is_centred", "has_other", "has_b", "has_beside"), CHOICES)
@pytest.mark.parametrize("size", SIZES)
def test_answers_and_gradients(
    native: NativeBackend,
    plain: ReferenceBackend,
    size: tuple[int, int],
    is_centred: bool,
    has_other: bool,
    has_b: bool,
    has_beside: bool,
) -> None:
    x, w, g = numbers(*size) + 2, numbers(size[1], seed=1), numbers(*size, seed=2)
    other = numbers(*size, seed=3) if has_other else None
    b = numbers(size[1], seed=4) if has_b else None
    beside = numbers(*size, seed=5) if has_beside else None
    wanted = {"epsilon": 1e-3, "is_centred": is_centred, "other": other}
    ours, theirs = native.normalize_rows(x, w, b, **wanted), plain.normalize_rows(x, w, b, **wanted)

    for mine, right in zip(ours, theirs, strict=True):
        assert_near(mine, right)
    for mine, right in zip(
        native.normalize_rows_vjp(g, theirs, w, is_centred=is_centred, beside=beside),
        plain.normalize_rows_vjp(g, theirs, w, is_centred=is_centred, beside=beside),
        strict=True,
    ):
        assert_near(mine, right)


def test_the_number_of_parts_changes_no_bit() -> None:
    x, w, b, g = numbers(1500, 40), numbers(40), numbers(40, seed=1), numbers(1500, 40, seed=2)
    answers = []
    for parts in (1, 2, 3, 7):
        with forced_parts(parts):
            saved = normalization.normalize_rows(x, w, b, epsilon=1e-5, is_centred=True, other=g)
            answers.append((*saved, *normalization.normalize_rows_vjp(g, saved, w, is_centred=True, beside=x)))

    for answer in answers[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(answer, answers[0], strict=True))


def test_operands_that_are_not_contiguous(native: NativeBackend, plain: ReferenceBackend) -> None:
    x, w, b = numbers(30, 40)[::2, ::2], numbers(40)[::2], numbers(20)[::-1]
    g = np.broadcast_to(np.float32(0.5), x.shape)
    saved = plain.normalize_rows(x, w, b, epsilon=1e-5, is_centred=True)

    assert_near(native.normalize_rows(x, w, b, epsilon=1e-5, is_centred=True).y, saved.y)
    for mine, right in zip(
        native.normalize_rows_vjp(g, saved, w, is_centred=True),
        plain.normalize_rows_vjp(g, saved, w, is_centred=True),
        strict=True,
    ):
        assert_near(mine, right)


def test_a_large_mean_costs_no_digits(native: NativeBackend) -> None:
    x = numbers(4, 64) + np.float32(1e4)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(axis=1, keepdims=True)) / exact.std(axis=1, keepdims=True)
    saved = native.normalize_rows(x, np.ones(64, np.float32), None, epsilon=1e-12, is_centred=True)

    assert_near(saved.y, exact.astype(np.float32), tolerance=1e-3)


@pytest.mark.parametrize("fault", [np.nan, np.inf])
def test_a_fault_stays_in_its_row(native: NativeBackend, fault: float) -> None:
    x = numbers(5, 19)
    x[2, 7] = fault
    saved = native.normalize_rows(x, np.ones(19, np.float32), None, epsilon=1e-5, is_centred=True)

    assert np.isnan(saved.y[2]).any()
    assert np.isfinite(np.delete(saved.y, 2, axis=0)).all()


@pytest.mark.slow
def test_narrow_vectors_give_the_same() -> None:
    narrow = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    chosen = [__file__, "-q", "-p", "no:cacheprovider", "-n", "0", "-m", "not slow"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen], env=narrow, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("size", [(1, 1, 2), (3, 5, 4), (2, 7, 24), (2, 9, 35), (3, 64, 32)])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_groups_of_channels(
    native: NativeBackend, plain: ReferenceBackend, size: tuple[int, int, int], count: int
) -> None:
    groups = max(1, size[2] // count)
    groups = groups if size[2] % groups == 0 else 1
    x, w, b, g = numbers(*size) + 2, numbers(size[2], seed=1), numbers(size[2], seed=2), numbers(*size, seed=3)
    wanted = {"groups": groups, "epsilon": 1e-2}
    ours, theirs = native.normalize_groups(x, w, b, **wanted), plain.normalize_groups(x, w, b, **wanted)

    for mine, right in zip(ours, theirs, strict=True):
        assert_near(mine, right)
    for mine, right in zip(
        native.normalize_groups_vjp(g, theirs, w, groups=groups),
        plain.normalize_groups_vjp(g, theirs, w, groups=groups),
        strict=True,
    ):
        assert_near(mine, right)


def test_the_number_of_parts_changes_no_bit_of_groups() -> None:
    x, w, g = numbers(7, 12, 20), numbers(20), numbers(7, 12, 20, seed=1)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            saved = normalization.normalize_groups(x, w, w, groups=5, epsilon=1e-5)
            answers.append((*saved, *normalization.normalize_groups_vjp(g, saved, w, groups=5)))

    for answer in answers[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(answer, answers[0], strict=True))
