"""LSTM and GRU on the GPU: the CUDA text, compiled for the host, against the plain version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator
from azuraforge_core.backend import gru as plain_gru
from azuraforge_core.backend import lstm as plain_lstm
from azuraforge_core.backend.gpu import GpuBackend
from azuraforge_core.backend.select import gpu_backend
from azuraforge_core.device_double import CupyDouble
from azuraforge_core.fused import GruWeights, LstmWeights

SIZES = [(1, 1, 1, 1), (3, 4, 2, 5), (33, 2, 3, 9), (2, 7, 1, 8)]
TOLERANCES = {"float64": 1e-12, "float32": 2e-6}


def numbers(*shape: int, dtype: str, seed: int) -> np.ndarray:
    return np.asarray(Generator(seed).normal(shape, dtype=np.float64) * 0.7, dtype=dtype)


def moved(double: CupyDouble, value: Any) -> Any:
    """To the device: an array, None, or a tuple of them."""
    if isinstance(value, tuple):
        parts = [moved(double, part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return None if value is None else double.asarray(value)


def compare(theirs: Any, ours: Any, *, dtype: str) -> None:
    for name in ours._fields:
        found, wanted = getattr(theirs, name), getattr(ours, name)
        if wanted is None:
            assert found is None
            continue
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found.get(), wanted, rtol=0, atol=TOLERANCES[dtype], err_msg=name)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("given", ["all", "sequence", "last h", "last c"])
@pytest.mark.parametrize(("n", "time", "features", "h"), SIZES)
def test_lstm_equals_the_plain_version(
    compiled_double: CupyDouble, n: int, time: int, features: int, h: int, given: str, dtype: str
) -> None:
    shapes = [(n, time, features), (n, h), (n, h), (features, 4 * h), (h, 4 * h), (4 * h,)]
    x, h0, c0, *packed = (numbers(*shape, dtype=dtype, seed=k) for k, shape in enumerate(shapes))
    weights = LstmWeights(*packed)
    names = ("sequence", "last h", "last c")
    gradients = tuple(
        numbers(*shape, dtype=dtype, seed=20 + k) if given in {"all", names[k]} else None
        for k, shape in enumerate([(n, time, h), (n, h), (n, h)])
    )
    ours = plain_lstm.lstm(np, x, state=(h0, c0), weights=weights)  # type: ignore[arg-type]
    found = plain_lstm.lstm_vjp(np, ours, weights=weights, gradients=gradients, needs_x=given != "last c")  # type: ignore[arg-type]
    before = compiled_double.syncs

    backend, on_device = gpu_backend(), moved(compiled_double, weights)
    assert isinstance(backend, GpuBackend)
    theirs = backend.lstm(*moved(compiled_double, (x, (h0, c0))), on_device)
    d_theirs = backend.lstm_vjp(theirs, on_device, moved(compiled_double, gradients), needs_x=given != "last c")

    assert compiled_double.syncs == before
    np.testing.assert_allclose(theirs.rows.get()[1:, :h], ours.rows[1:, :h], rtol=0, atol=TOLERANCES[dtype])  # type: ignore[attr-defined]
    compare(d_theirs, found, dtype=dtype)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("given", ["all", "sequence", "last h"])
@pytest.mark.parametrize(("n", "time", "features", "h"), SIZES)
def test_gru_equals_the_plain_version(
    compiled_double: CupyDouble, n: int, time: int, features: int, h: int, given: str, dtype: str
) -> None:
    shapes = [(n, time, features), (n, h), (features, 3 * h), (h, 3 * h), (3 * h,), (3 * h,)]
    x, h0, *packed = (numbers(*shape, dtype=dtype, seed=k) for k, shape in enumerate(shapes))
    weights = GruWeights(*packed)
    gradients = tuple(
        numbers(*shape, dtype=dtype, seed=20 + k) if given in {"all", ("sequence", "last h")[k]} else None
        for k, shape in enumerate([(n, time, h), (n, h)])
    )
    ours = plain_gru.gru(np, x, h0, weights=weights)  # type: ignore[arg-type]
    found = plain_gru.gru_vjp(np, ours, weights=weights, gradients=gradients, needs_x=given != "last h")  # type: ignore[arg-type]
    before = compiled_double.syncs

    backend, on_device = gpu_backend(), moved(compiled_double, weights)
    theirs = backend.gru(*moved(compiled_double, (x, h0)), on_device)
    d_theirs = backend.gru_vjp(theirs, on_device, moved(compiled_double, gradients), needs_x=given != "last h")

    assert compiled_double.syncs == before
    compare(theirs, ours, dtype=dtype)
    compare(d_theirs, found, dtype=dtype)


def test_gradients_that_were_handed_in_are_left_as_they_were(compiled_double: CupyDouble) -> None:
    """A batch of one: its transpose is the same memory."""
    dtype, h = "float32", 3
    weights = moved(
        compiled_double,
        LstmWeights(*(numbers(*s, dtype=dtype, seed=k) for k, s in enumerate([(2, 4 * h), (h, 4 * h), (4 * h,)]))),
    )
    x, state, d_last = (numbers(*s, dtype=dtype, seed=9 + k) for k, s in enumerate([(1, 4, 2), (1, h), (1, h)]))
    on_device = moved(compiled_double, (x, (state, state), (None, d_last, d_last)))
    saved = gpu_backend().lstm(*on_device[:2], weights)
    gpu_backend().lstm_vjp(saved, weights, on_device[2], needs_x=True)
    for gradient in on_device[2][1:]:
        np.testing.assert_array_equal(gradient.get(), d_last)


def test_an_empty_batch_is_computed_plainly(compiled_double: CupyDouble) -> None:
    weights = moved(compiled_double, LstmWeights(*(np.ones(s, np.float32) for s in [(2, 12), (3, 12), (12,)])))
    x, state = moved(compiled_double, (np.ones((0, 4, 2), np.float32), np.ones((0, 3), np.float32)))
    saved = gpu_backend().lstm(x, (state, state), weights)
    assert gpu_backend().lstm_vjp(saved, weights, (None, state, state), needs_x=True).w_h.get().any() == np.False_
