"""Batch normalisation and its gradients: kernels against plain array code."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from azuraforge_core import Array
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import ChannelMoments, ChannelOperands
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

SHAPES = [(2, 1), (3, 7), (1, 5, 8), (2, 3, 3, 17), (9, 40, 33), (4, 16, 16, 32), (3, 5000)]


def parts_of_affine(channels: int) -> tuple[Array, Array]:
    return numbers(channels, seed=2) + 1, numbers(channels, seed=3)


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_of_channels(native: NativeBackend, plain: ReferenceBackend, shape: tuple[int, ...]) -> None:
    x = numbers(*shape) + 3

    for ours, theirs in zip(
        native.channel_moments(x, epsilon=1e-2), plain.channel_moments(x, epsilon=1e-2), strict=True
    ):
        assert_near(ours, theirs)


def test_a_large_mean_costs_no_digits(native: NativeBackend) -> None:
    x = numbers(20, 500, 3) + 1000

    moments = native.channel_moments(x, epsilon=1e-5)

    assert_near(moments.variance, x.astype(np.float64).var(axis=(0, 1)).astype(np.float32))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("has_more", "is_rectified", "is_fixed"), list(itertools.product([False, True], repeat=3)))
def test_normalising_and_its_gradients(
    native: NativeBackend,
    plain: ReferenceBackend,
    shape: tuple[int, ...],
    has_more: bool,
    is_rectified: bool,
    is_fixed: bool,
) -> None:
    x, g, affine = numbers(*shape), numbers(*shape, seed=4), parts_of_affine(shape[-1])
    more = numbers(*shape, seed=5) if has_more else None
    moments = plain.channel_moments(x if not is_fixed else 2 * numbers(50, shape[-1], seed=6), epsilon=1e-2)

    y = plain.normalize_channels(x, affine, moments, more=more, is_rectified=is_rectified)
    ours = native.normalize_channels(x, affine, moments, more=more, is_rectified=is_rectified)

    assert_near(ours, y)
    operands = ChannelOperands(x, affine[0], moments, y if is_rectified else None)
    mine = native.normalize_channels_vjp(g, operands, is_fixed=is_fixed, needs_more=has_more)
    other = plain.normalize_channels_vjp(g, operands, is_fixed=is_fixed, needs_more=has_more)
    for one, another in zip(mine[:3], other[:3], strict=True):
        assert_near(one, another)
    assert (mine.more is None) == (not has_more)
    if mine.more is not None and other.more is not None:
        assert_near(mine.more, other.more)


def test_the_number_of_parts_changes_no_bit(native: NativeBackend) -> None:
    x, affine = numbers(700, 33), parts_of_affine(33)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            moments = native.channel_moments(x, epsilon=1e-5)
            y = native.normalize_channels(x, affine, moments, more=x, is_rectified=True)
            operands = ChannelOperands(x, affine[0], moments, y)
            gradients = native.normalize_channels_vjp(y, operands, is_fixed=False, needs_more=True)
        answers.append([*moments, y, *gradients])

    for others in answers[1:]:
        assert all(np.array_equal(mine, other) for mine, other in zip(answers[0], others, strict=True))


def test_operands_with_gaps_between_their_elements(native: NativeBackend, plain: ReferenceBackend) -> None:
    x, g, more = numbers(20, 18).T[::2], numbers(9, 40)[:, ::2], numbers(9, 20)[::-1]
    affine = (numbers(40)[::2], numbers(60)[::3])
    moments = plain.channel_moments(x, epsilon=1e-5)

    y = plain.normalize_channels(x, affine, moments, more=more, is_rectified=False)

    assert_near(native.normalize_channels(x, affine, moments, more=more, is_rectified=False), y)
    operands = ChannelOperands(x, affine[0], moments, None)
    mine = native.normalize_channels_vjp(g, operands, is_fixed=False, needs_more=False)
    other = plain.normalize_channels_vjp(g, operands, is_fixed=False, needs_more=False)
    for one, another in zip(mine[:3], other[:3], strict=True):
        assert_near(one, another)


@pytest.mark.parametrize("fault", [np.nan, np.inf])
def test_faults_stay_in_their_channel_and_are_not_hidden(native: NativeBackend, fault: float) -> None:
    x, affine = numbers(30, 9), parts_of_affine(9)
    x[4, 2] = fault

    moments = native.channel_moments(x, epsilon=1e-5)
    y = native.normalize_channels(x, affine, moments, more=None, is_rectified=True)

    assert np.isnan(y[:, 2]).all()
    assert np.isfinite(np.delete(y, 2, axis=1)).all()


def test_fixed_gradients_do_not_read_what_cannot_change_them(native: NativeBackend) -> None:
    x, affine = np.full((4, 3), np.inf, dtype=np.float32), parts_of_affine(3)
    known = np.ones(3, dtype=np.float32)
    operands = ChannelOperands(x, affine[0], ChannelMoments(known, known, known), None)

    given = native.normalize_channels_vjp(np.ones_like(x), operands, is_fixed=True, needs_more=False)

    assert np.isfinite(given.x).all()


@pytest.mark.slow
def test_narrower_vectors_give_the_same() -> None:
    environ = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]

    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-2000:]
