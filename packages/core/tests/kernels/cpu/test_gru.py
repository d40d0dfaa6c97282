"""The GRU: kernels against plain array code."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from azuraforge_core import Array
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import GruGradients, GruWeights
from azuraforge_core.kernels.cpu.gru import GruRun
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers
from .test_lstm import SIZES, Size


def weights_of(features: int, hidden: int) -> GruWeights:
    scale = 0.5 / np.sqrt(np.float32(hidden))
    return GruWeights(
        scale * numbers(features, 3 * hidden, seed=1),
        scale * numbers(hidden, 3 * hidden, seed=2),
        numbers(3 * hidden, seed=3),
        numbers(3 * hidden, seed=4),
    )


def gradients_of(n: int, time: int, hidden: int) -> tuple[Array, Array]:
    return numbers(n, time, hidden, seed=6), numbers(n, hidden, seed=7)


def assert_all_near(ours: GruGradients, theirs: GruGradients) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None and other is not None:
            assert_near(mine, other)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_states_and_gradients(native: NativeBackend, plain: ReferenceBackend, size: Size) -> None:
    n, time, features, hidden = size
    x, h0, weights = numbers(n, time, features), numbers(n, hidden, seed=5), weights_of(features, hidden)
    gradients = gradients_of(n, time, hidden)

    ours, theirs = native.gru(x, h0, weights), plain.gru(x, h0, weights)

    assert isinstance(ours, GruRun)
    assert_near(ours.states, theirs.states)
    assert_near(ours.last[0], theirs.last[0])
    assert_all_near(
        native.gru_vjp(ours, weights, gradients, needs_x=True), plain.gru_vjp(theirs, weights, gradients, needs_x=True)
    )


@pytest.mark.parametrize("needs_x", [False, True])
@pytest.mark.parametrize("given", [1, 2, 3])
def test_gradients_that_are_missing_count_as_zero(
    native: NativeBackend, plain: ReferenceBackend, given: int, needs_x: bool
) -> None:
    x, h0, weights = numbers(5, 4, 3), numbers(5, 10), weights_of(3, 10)
    sequence, last = gradients_of(5, 4, 10)
    wanted = (sequence if given & 1 else None, last if given & 2 else None)

    ours = native.gru_vjp(native.gru(x, h0, weights), weights, wanted, needs_x=needs_x)

    assert_all_near(ours, plain.gru_vjp(plain.gru(x, h0, weights), weights, wanted, needs_x=needs_x))


def test_backward_may_be_asked_twice(native: NativeBackend) -> None:
    weights, gradients = weights_of(3, 10), gradients_of(5, 4, 10)
    run = native.gru(numbers(5, 4, 3), numbers(5, 10), weights)

    first, again = (native.gru_vjp(run, weights, gradients, needs_x=True) for _ in range(2))

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_what_is_not_kept_changes_no_answer(native: NativeBackend) -> None:
    x, h0, weights = numbers(5, 4, 3), numbers(5, 200), weights_of(3, 200)

    kept, light = (native.gru(x, h0, weights, keeps=keeps) for keeps in (True, False))

    assert np.array_equal(kept.states, light.states)
    assert np.array_equal(kept.last[0], light.last[0])


def test_the_number_of_parts_changes_no_bit(native: NativeBackend) -> None:
    x, h0, weights, gradients = numbers(50, 30, 3), numbers(50, 40), weights_of(3, 40), gradients_of(50, 30, 40)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            run = native.gru(x, h0, weights)
            answers.append((run.states, *native.gru_vjp(run, weights, gradients, needs_x=True)))

    assert all(np.array_equal(a, b) for answer in answers for a, b in zip(answer, answers[0], strict=True))


def test_operands_that_are_not_contiguous(native: NativeBackend, plain: ReferenceBackend) -> None:
    weights = GruWeights(numbers(30, 6).T[::2], numbers(10, 60)[:, ::2] / 4, numbers(60)[::2], numbers(30)[::-1])
    x, h0 = numbers(3, 4, 5).transpose(2, 1, 0)[:, ::-1], numbers(10, 5).T
    gradients = (numbers(10, 4, 5).transpose(2, 1, 0), np.broadcast_to(np.float32(2), (5, 10)))

    ours, theirs = native.gru(x, h0, weights), plain.gru(x, h0, weights)

    assert_near(ours.states, theirs.states)
    assert_all_near(
        native.gru_vjp(ours, weights, gradients, needs_x=True), plain.gru_vjp(theirs, weights, gradients, needs_x=True)
    )


def test_nan_stays_in_its_sample(native: NativeBackend) -> None:
    x, weights = numbers(9, 5, 3), weights_of(3, 20)
    x[4, 2, 1] = np.nan

    states = native.gru(x, numbers(9, 20), weights).states

    assert np.isfinite(np.delete(states, 4, axis=0)).all()
    assert np.isfinite(states[4, :2]).all()
    assert np.isnan(states[4, 2:]).all()


@pytest.mark.parametrize("size", [(0, 3, 2, 4), (2, 0, 2, 4), (2, 3, 0, 4)], ids=str)
def test_empty_operands_are_computed_plainly(native: NativeBackend, plain: ReferenceBackend, size: Size) -> None:
    n, time, features, hidden = size
    x, h0, weights = numbers(n, time, features), numbers(n, hidden), weights_of(features, hidden)
    gradients = gradients_of(n, time, hidden)

    ours, theirs = native.gru(x, h0, weights), plain.gru(x, h0, weights)

    assert_near(ours.states, theirs.states)
    assert_all_near(
        native.gru_vjp(ours, weights, gradients, needs_x=True), plain.gru_vjp(theirs, weights, gradients, needs_x=True)
    )


@pytest.mark.slow
def test_narrow_vectors_pass_the_same_tests() -> None:
    narrow = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-n", "0", "-m", "not slow", "-p", "no:cacheprovider"]

    done = subprocess.run(command, env=narrow, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stdout[-3000:]
