"""Both backends, numbers to compare them on, and how near they must be."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge_core import Array
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.reference import ReferenceBackend


@pytest.fixture
def native() -> NativeBackend:
    """The kernels; a missing compiler is an error here."""
    return NativeBackend(np, is_required=True)


@pytest.fixture
def plain() -> ReferenceBackend:
    """The oracle."""
    return ReferenceBackend(np)


def numbers(*shape: int, seed: int = 0) -> Array:
    """Normal float32."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def assert_near(ours: Array, theirs: Array, *, tolerance: float = 1e-5) -> None:
    """Equal to `tolerance`, relative to the larger of 1 and the largest number; NaN and infinities in place."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite])
    largest = max(1.0, float(np.abs(theirs[finite]).max(initial=0.0)))
    np.testing.assert_allclose(ours[finite], theirs[finite], rtol=0, atol=tolerance * largest)
