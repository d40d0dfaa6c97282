"""Adam and SGD on the GPU: the CUDA text, compiled for the host, against the plain version over some steps."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge_core import Generator
from azuraforge_core.backend import optimizer as plain
from azuraforge_core.backend.select import gpu_backend
from azuraforge_core.device_double import CupyDouble
from azuraforge_core.fused import AdamSettings, SgdSettings

SIZE = 300
ADAM = [AdamSettings(1.0, 0.0, 0.9, 0.999, 1e-8, 0.01), AdamSettings(0.99, 0.1, 0.8, 0.95, 1e-3, 0.1)]
SGD = [SgdSettings(0.0, 0.0, False, 0.1), SgdSettings(0.05, 0.9, False, 0.1), SgdSettings(0.05, 0.9, True, 0.1)]
TOLERANCES = {"float64": 1e-14, "float32": 2e-6}


def rows(count: int, *, dtype: str) -> list[np.ndarray]:
    return [np.abs(Generator(k).normal((SIZE,), dtype=np.float64)).astype(dtype) for k in range(count)]


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("settings", ADAM)
def test_adam_equals_the_plain_version(compiled_double: CupyDouble, settings: AdamSettings, dtype: str) -> None:
    ours = rows(4, dtype=dtype)
    theirs = [compiled_double.asarray(row) for row in ours]
    for _ in range(5):
        plain.adam(np, ours[0], ours[1], moments=(ours[2], ours[3]), settings=settings)  # type: ignore[arg-type]
        gpu_backend().adam(theirs[0], theirs[1], moments=(theirs[2], theirs[3]), settings=settings)  # type: ignore[arg-type]
    assert compiled_double.syncs == 0
    for found, wanted in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(found.get(), wanted, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("settings", SGD)
def test_sgd_equals_the_plain_version(compiled_double: CupyDouble, settings: SgdSettings, dtype: str) -> None:
    ours = rows(3, dtype=dtype)
    theirs = [compiled_double.asarray(row) for row in ours]
    for _ in range(5):
        plain.sgd(np, ours[0], ours[1], velocity=ours[2], settings=settings)  # type: ignore[arg-type]
        gpu_backend().sgd(theirs[0], theirs[1], velocity=theirs[2], settings=settings)  # type: ignore[arg-type]
    for found, wanted in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(found.get(), wanted, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])
