"""Cross entropy: kernels against plain array code."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.kernels.cpu.shares import forced_parts

from .conftest import assert_near, numbers


def labels_of(rows: int, classes: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, classes, rows)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (128, 10), (7, 33), (20, 1000)])
def test_losses_probabilities_and_slopes(
    native: NativeBackend, plain: ReferenceBackend, shape: tuple[int, int], smoothing: float
) -> None:
    logits, labels = 5 * numbers(*shape), labels_of(*shape)

    ours = native.cross_entropy(logits, labels, smoothing=smoothing)
    theirs = plain.cross_entropy(logits, labels, smoothing=smoothing)

    assert_near(ours.losses, theirs.losses)
    assert_near(ours.probabilities, theirs.probabilities)
    assert_near(
        native.cross_entropy_vjp(ours.probabilities, labels, smoothing=smoothing, share=0.3),
        plain.cross_entropy_vjp(theirs.probabilities, labels, smoothing=smoothing, share=0.3),
    )


def test_logits_of_ten_thousand_do_not_overflow(native: NativeBackend) -> None:
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]], dtype=np.float32)

    losses, probabilities = native.cross_entropy(logits, np.array([1, 2]), smoothing=0.0)

    assert losses.tolist() == pytest.approx([2e4, np.log(3)])
    assert probabilities.tolist() == [[1, 0, 0], pytest.approx([1 / 3] * 3)]


def test_a_class_that_is_impossible_costs_nothing_unless_it_is_the_label(native: NativeBackend) -> None:
    logits = np.array([[0.0, -np.inf], [0.0, -np.inf]], dtype=np.float32)

    losses, _ = native.cross_entropy(logits, np.array([0, 1]), smoothing=0.0)

    assert losses.tolist() == [0, np.inf]


def test_nan_stays_in_its_row(native: NativeBackend) -> None:
    logits = numbers(3, 20)
    logits[1, 4] = np.nan

    losses, probabilities = native.cross_entropy(logits, np.zeros(3, dtype=np.int64), smoothing=0.0)

    assert np.isnan(losses).tolist() == [False, True, False]
    assert np.isnan(probabilities).any(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_of_any_integer_type_and_rows_with_gaps(
    native: NativeBackend, plain: ReferenceBackend, dtype: type
) -> None:
    logits, labels = numbers(20, 24)[::2, ::2], labels_of(10, 12).astype(dtype)

    assert_near(
        native.cross_entropy(logits, labels, smoothing=0.0).losses,
        plain.cross_entropy(logits, labels, smoothing=0.0).losses,
    )


def test_the_number_of_parts_changes_no_bit(native: NativeBackend) -> None:
    logits, labels = numbers(50, 17), labels_of(50, 17)
    answers = []
    for parts in (1, 2, 3):
        with forced_parts(parts):
            losses, probabilities = native.cross_entropy(logits, labels, smoothing=0.1)
            answers.append((losses, native.cross_entropy_vjp(probabilities, labels, smoothing=0.1, share=0.02)))

    assert all(np.array_equal(a, b) for answer in answers for a, b in zip(answer, answers[0], strict=True))
