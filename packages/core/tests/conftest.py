"""What tests compare with: PyTorch as an oracle, which the engine never imports; and a GPU, real or pretended."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Generator, Tensor, choose_device
from azuraforge_core.backend import select
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.device_double import CupyDouble, pretend_gpu
from azuraforge_core.errors import GpuUnavailable
from azuraforge_core.testing import assert_close
from azuraforge_core.transfer import to_host

HAS_TORCH = importlib.util.find_spec("torch") is not None
MISSING = "PyTorch is not installed: python tools/install_oracle.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without PyTorch its tests are skipped by name, except in CI, where they fail."""
    if HAS_TORCH or os.environ.get("CI") == "true":
        return
    for item in items:
        if item.get_closest_marker("oracle"):
            item.add_marker(pytest.mark.skip(reason=MISSING))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly that the oracle was not asked."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if MISSING in str(r.longrepr)]
    if skipped:
        terminalreporter.section("the oracle is missing", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} comparisons with PyTorch did not run. {MISSING}")


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch, at one thread."""
    if not HAS_TORCH:
        pytest.fail(f"CI=true requires the oracle. {MISSING}")
    module = importlib.import_module("torch")
    module.set_num_threads(1)
    # oneDNN's gradient of a convolution ends the process on AMD Zen 1 in three runs of four (torch 2.13).
    module.backends.mkldnn.enabled = False
    return module


Compare = Callable[..., None]


@pytest.fixture
def against_torch(torch: ModuleType) -> Compare:
    """Compare every result and every gradient of two functions of the same arrays, in both float dtypes."""

    def compare(ours: Callable[..., Any], theirs: Callable[..., Any], arrays: Sequence[np.ndarray]) -> None:
        for dtype, tolerance in ((np.float64, 1e-10), (np.float32, 1e-4)):
            typed = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]
            results, gradients = _ours(ours, typed)
            their_results, their_gradients = _theirs(torch, theirs, typed)
            assert len(results) == len(their_results)
            for k, (result, expected) in enumerate(zip(results, their_results, strict=True)):
                assert result.dtype == dtype
                assert_close(result, expected, tolerance=tolerance, what=f"result {k}")
            for k, (gradient, expected) in enumerate(zip(gradients, their_gradients, strict=True)):
                assert gradient.dtype == dtype
                assert_close(gradient, expected, tolerance=tolerance, what=f"gradient {k}")

    return compare


def _ours(function: Callable[..., Any], arrays: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    tensors = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    results = function(*tensors)
    results = [results] if isinstance(results, Tensor) else list(results)
    for y, w in zip(results, _weights(results), strict=True):
        y.backward(w.astype(y.dtype), retain_tape=True)
    return [y.data for y in results], [_gradient(x) for x in tensors if x.requires_grad]


def _theirs(
    torch: ModuleType, function: Callable[..., Any], arrays: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    tensors = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    results = function(*tensors)
    results = [results] if isinstance(results, torch.Tensor) else list(results)
    loss = sum((y * torch.tensor(w, dtype=y.dtype)).sum() for y, w in zip(results, _weights(results), strict=True))
    loss.backward()
    gradients = [
        np.zeros(x.shape, x.detach().numpy().dtype) if x.grad is None else x.grad for x in tensors if x.requires_grad
    ]
    return [y.detach().numpy() for y in results], [np.asarray(g) for g in gradients]


def _weights(results: Sequence[Any]) -> list[np.ndarray]:
    return [Generator(k).normal(tuple(y.shape), dtype=np.float64) for k, y in enumerate(results)]


def _gradient(x: Tensor) -> np.ndarray:
    return np.zeros(x.shape, x.dtype) if x.grad is None else x.grad


@dataclass(frozen=True)
class OtherDevice:
    """A device that is not the host, and how nearly it must compute the same."""

    double: CupyDouble | None

    def move(self, array: np.ndarray) -> Any:
        """To the device, by name."""
        return select.gpu_backend().xp.asarray(array)

    def compare(self, theirs: Any, ours: np.ndarray, *, what: str) -> None:
        """Refuse numbers that are not those of the plain host: bit for bit on the double, rounded on a device."""
        found = to_host(theirs)
        assert (found.dtype, found.shape) == (ours.dtype, ours.shape), what
        if self.double is not None:
            np.testing.assert_array_equal(found, ours, err_msg=what)
        else:
            assert_close(found, ours, tolerance=1e-10 if ours.dtype == np.float64 else 1e-4, what=what)


@pytest.fixture(params=["double", pytest.param("gpu", marks=pytest.mark.gpu)])
def other_device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherDevice]:
    """The double of CuPy, and then the GPU of this machine, if it has one; the host computes plainly."""
    monkeypatch.setattr(select, "cpu_backend", lambda: ReferenceBackend(np))
    with ExitStack() as stack:
        if request.param == "double":
            monkeypatch.setenv("AZURAFORGE_KERNELS", "numpy")
            yield OtherDevice(stack.enter_context(pretend_gpu()))
            return
        try:
            choose_device({"AZURAFORGE_DEVICE": "gpu"})
        except GpuUnavailable as error:
            pytest.skip(f"no GPU: {error}")
        yield OtherDevice(None)
