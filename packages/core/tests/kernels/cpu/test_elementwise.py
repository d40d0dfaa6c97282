"""Activations: kernels against plain array code."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.fused import FROM_ANSWER, Activation
from azuraforge_core.kernels.cpu import elementwise
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers

SETTINGS = {Activation.LEAKY_RELU: 0.1, Activation.ELU: 1.3, Activation.SOFTPLUS: 2.0}
SHAPES = [(), (1,), (3,), (17,), (0, 4), (33, 9), (2, 64)]
every_kind = pytest.mark.parametrize("kind", Activation)


@every_kind
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
def test_answers_and_gradients(
    native: NativeBackend, plain: ReferenceBackend, kind: Activation, shape: tuple[int, ...], scale: float
) -> None:
    x, g = np.asarray(numbers(*shape) * np.float32(scale)), np.asarray(numbers(*shape, seed=1))
    setting = SETTINGS.get(kind, 0.0)
    y = np.asarray(plain.activate(kind, x.astype(np.float64), setting=setting))
    saved = y if kind in FROM_ANSWER else x
    dx = np.asarray(plain.activate_vjp(kind, g.astype(np.float64), saved.astype(np.float64), setting=setting))

    assert_near(native.activate(kind, x, setting=setting), y.astype(np.float32), tolerance=1e-6)
    assert_near(
        native.activate_vjp(kind, g, saved.astype(np.float32), setting=setting),
        dx.astype(np.float32),
        tolerance=3e-6,
    )


@every_kind
def test_faults_and_extremes(native: NativeBackend, plain: ReferenceBackend, kind: Activation) -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e4, -1e4, 1e38, -1e38, 89.0, -89.0], np.float32)
    setting = SETTINGS.get(kind, 0.0)

    with np.errstate(all="ignore"):
        assert_near(native.activate(kind, x, setting=setting), plain.activate(kind, x, setting=setting))


@every_kind
def test_huge_gradients_of_what_is_flat_stay_finite(native: NativeBackend, kind: Activation) -> None:
    x, setting = np.array([1e4, -1e4], np.float32), SETTINGS.get(kind, 0.0)
    saved = native.activate(kind, x, setting=setting) if kind in FROM_ANSWER else x

    assert np.isfinite(native.activate_vjp(kind, np.full(2, 1e30, np.float32), saved, setting=setting)).all()


@every_kind
def test_the_number_of_parts_changes_no_bit(kind: Activation) -> None:
    x, g, setting = numbers(1003), numbers(1003, seed=1), SETTINGS.get(kind, 0.0)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            y = elementwise.activate(kind, x, setting=setting)
            answers.append((y, elementwise.activate_vjp(kind, g, y, setting=setting)))

    for answer in answers[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(answer, answers[0], strict=True))


@every_kind
def test_operands_that_are_not_contiguous(native: NativeBackend, plain: ReferenceBackend, kind: Activation) -> None:
    x, g, setting = numbers(9, 30)[::2, ::3].T, np.broadcast_to(np.float32(2), (10, 5)), SETTINGS.get(kind, 0.0)
    ours, theirs = native.activate(kind, x, setting=setting), plain.activate(kind, x, setting=setting)

    assert_near(ours, theirs)
    assert_near(
        native.activate_vjp(kind, g, x, setting=setting),
        np.ascontiguousarray(plain.activate_vjp(kind, g, x, setting=setting)),
    )


@pytest.mark.parametrize("shape", [(1 << 17,), (513, 257), (3, 400, 150)], ids=str)
def test_sums(native: NativeBackend, plain: ReferenceBackend, shape: tuple[int, ...]) -> None:
    a, b = numbers(*shape), numbers(*shape, seed=1)
    a.flat[7], b.flat[9] = np.nan, np.inf

    np.testing.assert_array_equal(native.add(a, b), plain.add(a, b))
    np.testing.assert_array_equal(native.add(a.T, b.T), plain.add(a.T, b.T))
    np.testing.assert_array_equal(native.add(a, b[:1]), plain.add(a, b[:1]))
    np.testing.assert_array_equal(native.add(a[None], b), plain.add(a[None], b))
    np.testing.assert_array_equal(native.add(a, b[None]), plain.add(a, b[None]))


@pytest.mark.slow
def test_narrow_vectors_give_the_same() -> None:
    narrow = {**os.environ, "AZURAFORGE_SIMD_LANES": "4"}
    chosen = [__file__, "-q", "-p", "no:cacheprovider", "-n", "0", "-m", "not slow"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen], env=narrow, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-2000:]
