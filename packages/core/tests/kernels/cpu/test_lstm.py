"""The LSTM: kernels against plain array code."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from azuraforge_core import Array, Tensor, no_grad, ops
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import LstmGradients, LstmWeights
from azuraforge_core.kernels.cpu.lstm import LstmRun
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

Size = tuple[int, int, int, int]
Gradients = tuple[Array | None, Array | None, Array | None]

# n, time, features, hidden: single ones, remainders of lanes and tiles, several blocks of k, of samples and of time
SIZES = [
    (1, 1, 1, 1),
    (2, 3, 1, 1),
    (1, 4, 3, 2),
    (5, 6, 7, 9),
    (4, 2, 16, 16),
    (64, 10, 5, 64),
    (65, 9, 8, 50),
    (7, 20, 20, 33),
    (130, 5, 40, 17),
    (3, 5, 5, 200),
    (4, 3, 300, 20),
    (600, 2, 3, 8),
]


def weights_of(features: int, hidden: int) -> LstmWeights:
    scale = 0.5 / np.sqrt(np.float32(hidden))
    return LstmWeights(
        scale * numbers(features, 4 * hidden, seed=1),
        scale * numbers(hidden, 4 * hidden, seed=2),
        numbers(4 * hidden, seed=3),
    )


def state_of(n: int, hidden: int) -> tuple[Array, Array]:
    return numbers(n, hidden, seed=4), numbers(n, hidden, seed=5)


def gradients_of(n: int, time: int, hidden: int) -> tuple[Array, Array, Array]:
    return numbers(n, time, hidden, seed=6), numbers(n, hidden, seed=7), numbers(n, hidden, seed=8)


def assert_all_near(ours: LstmGradients, theirs: LstmGradients) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None and other is not None:
            assert_near(mine, other)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_states_and_gradients(native: NativeBackend, plain: ReferenceBackend, size: Size) -> None:
    n, time, features, hidden = size
    x, state, weights = numbers(n, time, features), state_of(n, hidden), weights_of(features, hidden)
    gradients = gradients_of(n, time, hidden)

    ours, theirs = native.lstm(x, state, weights), plain.lstm(x, state, weights)

    assert isinstance(ours, LstmRun)
    assert_near(ours.states, theirs.states)
    for mine, other in zip(ours.last, theirs.last, strict=True):
        assert_near(mine, other)
    assert_all_near(
        native.lstm_vjp(ours, weights, gradients, needs_x=True),
        plain.lstm_vjp(theirs, weights, gradients, needs_x=True),
    )


@pytest.mark.parametrize("needs_x", [False, True])
@pytest.mark.parametrize("given", range(1, 8))
def test_gradients_that_are_missing_count_as_zero(
    native: NativeBackend, plain: ReferenceBackend, given: int, needs_x: bool
) -> None:
    x, state, weights = numbers(5, 4, 3), state_of(5, 10), weights_of(3, 10)
    some = tuple(g if given >> k & 1 else None for k, g in enumerate(gradients_of(5, 4, 10)))
    wanted: Gradients = (some[0], some[1], some[2])

    ours = native.lstm_vjp(native.lstm(x, state, weights), weights, wanted, needs_x=needs_x)

    assert_all_near(ours, plain.lstm_vjp(plain.lstm(x, state, weights), weights, wanted, needs_x=needs_x))


def test_backward_may_be_asked_twice(native: NativeBackend) -> None:
    weights, gradients = weights_of(3, 10), gradients_of(5, 4, 10)
    run = native.lstm(numbers(5, 4, 3), state_of(5, 10), weights)

    first, again = (native.lstm_vjp(run, weights, gradients, needs_x=True) for _ in range(2))

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_what_is_not_kept_changes_no_answer(native: NativeBackend) -> None:
    x, state, weights = numbers(5, 4, 3), state_of(5, 200), weights_of(3, 200)

    kept, light = (native.lstm(x, state, weights, keeps=keeps) for keeps in (True, False))

    assert np.array_equal(kept.states, light.states)
    assert all(np.array_equal(a, b) for a, b in zip(kept.last, light.last, strict=True))


def test_without_a_tape_no_gates_are_kept() -> None:
    n, time, hidden = 4, 200, 32
    operands = (numbers(n, time, 3), *state_of(n, hidden), *weights_of(3, hidden))
    tensors = [Tensor(operand, requires_grad=True) for operand in operands]
    ops.lstm(*tensors)  # what is loaded once is loaded now

    with no_grad():
        tracemalloc.start()
        ops.lstm(*tensors)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert most < 4 * time * n * 4 * hidden


def test_the_number_of_parts_changes_no_bit(native: NativeBackend) -> None:
    x, state, weights, gradients = numbers(50, 30, 3), state_of(50, 40), weights_of(3, 40), gradients_of(50, 30, 40)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            run = native.lstm(x, state, weights)
            answers.append((run.states, *native.lstm_vjp(run, weights, gradients, needs_x=True)))

    assert all(np.array_equal(a, b) for answer in answers for a, b in zip(answer, answers[0], strict=True))


def test_operands_that_are_not_contiguous(native: NativeBackend, plain: ReferenceBackend) -> None:
    weights = LstmWeights(numbers(40, 6).T[::2], numbers(10, 80)[:, ::2] / 4, numbers(80)[::2])
    x, state = numbers(3, 4, 5).transpose(2, 1, 0)[:, ::-1], (numbers(10, 5).T, numbers(5, 20)[:, ::2])
    gradients = (numbers(10, 4, 5).transpose(2, 1, 0), np.broadcast_to(np.float32(2), (5, 10)), numbers(10, 5).T)

    ours, theirs = native.lstm(x, state, weights), plain.lstm(x, state, weights)

    assert_near(ours.states, theirs.states)
    assert_all_near(
        native.lstm_vjp(ours, weights, gradients, needs_x=True),
        plain.lstm_vjp(theirs, weights, gradients, needs_x=True),
    )


def test_nan_stays_in_its_sample(native: NativeBackend) -> None:
    x, weights = numbers(9, 5, 3), weights_of(3, 20)
    x[4, 2, 1] = np.nan

    states = native.lstm(x, state_of(9, 20), weights).states

    assert np.isfinite(np.delete(states, 4, axis=0)).all()
    assert np.isfinite(states[4, :2]).all()
    assert np.isnan(states[4, 2:]).all()


def test_inputs_without_bound_saturate(native: NativeBackend, plain: ReferenceBackend) -> None:
    x, weights = numbers(4, 3, 2) * np.float32(1e30), weights_of(2, 9)
    x[0, 1, 0] = np.inf

    states = native.lstm(x, state_of(4, 9), weights).states

    assert_near(states, plain.lstm(x, state_of(4, 9), weights).states)


def test_activations_are_exact_to_three_units_of_float32_and_stay_within_their_range(native: NativeBackend) -> None:
    z = np.concatenate([np.linspace(-25, 25, 4001), np.geomspace(1e-30, 1e30, 500), -np.geomspace(1e-30, 1e30, 500)])
    x = z.astype(np.float32)[:, None, None]
    weights = LstmWeights(np.ones((1, 4), np.float32), np.zeros((1, 4), np.float32), np.zeros(4, np.float32))
    zeros = np.zeros((len(z), 1), dtype=np.float32)

    run = native.lstm(x, (zeros, zeros), weights)

    assert isinstance(run, LstmRun)
    sigmoids, tanhs, exact = run.gates[0, :, :3], run.gates[0, :, 3], x[:, 0, 0].astype(np.float64)
    np.testing.assert_allclose(sigmoids, np.tile(0.5 * np.tanh(0.5 * exact[:, None]) + 0.5, 3), rtol=0, atol=1.8e-7)
    np.testing.assert_allclose(tanhs, np.tanh(exact), rtol=5e-7, atol=0)
    assert 0 <= sigmoids.min() <= sigmoids.max() <= 1
    assert np.abs(tanhs).max() <= 1


@pytest.mark.parametrize("size", [(0, 3, 2, 4), (2, 0, 2, 4), (2, 3, 0, 4), (2, 3, 2, 0)], ids=str)
def test_empty_operands_are_computed_plainly(native: NativeBackend, plain: ReferenceBackend, size: Size) -> None:
    n, time, features, hidden = size
    x, state, weights = numbers(n, time, features), state_of(n, hidden), weights_of(features, max(hidden, 1))
    weights = weights if hidden else LstmWeights(numbers(features, 0), numbers(0, 0), numbers(0))
    gradients = gradients_of(n, time, hidden)

    ours, theirs = native.lstm(x, state, weights), plain.lstm(x, state, weights)

    assert_near(ours.states, theirs.states)
    assert_all_near(
        native.lstm_vjp(ours, weights, gradients, needs_x=True),
        plain.lstm_vjp(theirs, weights, gradients, needs_x=True),
    )


@pytest.mark.slow
def test_narrow_vectors_pass_the_same_tests() -> None:
    narrow = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-n", "0", "-m", "not slow", "-p", "no:cacheprovider"]

    done = subprocess.run(command, env=narrow, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stdout[-3000:]
