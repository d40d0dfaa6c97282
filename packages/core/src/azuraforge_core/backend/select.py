"""Which backend an array belongs to: the one place where devices are told apart."""

from __future__ import annotations

import importlib
import logging
import os
from functools import cache
from types import ModuleType
from typing import Any, cast

import numpy as np

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.backend.native import NativeBackend
from azuraforge_core.backend.protocol import Backend
from azuraforge_core.backend.reference import ReferenceBackend
from azuraforge_core.dtypes import Array
from azuraforge_core.errors import DeviceError
from azuraforge_core.kernels.choice import choose_kernels, wants_plain

_log = logging.getLogger(__name__)


def backend_for(array: Array) -> Backend:
    """The backend of one array.

    Raises:
        DeviceError: neither a NumPy nor a CuPy array.
    """
    return cpu_backend() if isinstance(array, np.ndarray) else _foreign_backend(type(array))


@cache
def cpu_backend() -> Backend:
    """The backend of NumPy's arrays, chosen by `AZURAFORGE_KERNELS` when it is first asked for."""
    choice = choose_kernels(os.environ)
    if choice.is_fallback:
        _log.warning("computing in plain NumPy, several times slower: %s", choice.reason)
    xp = cast("ArrayModule", np)
    return NativeBackend(xp, is_required=choice.is_required) if choice.is_native else ReferenceBackend(xp)


def as_array(value: Any) -> Array:
    """The value as an array on its own device; NumPy's reductions answer with scalars, the tape holds arrays only."""
    if isinstance(value, np.ndarray) or not isinstance(value, np.generic):
        return cast("Array", value)
    return np.asarray(value)


def gpu_backend() -> Backend:
    """The backend of CuPy's arrays; `AZURAFORGE_KERNELS=numpy` leaves out our own kernels here as well.

    Raises:
        ModuleNotFoundError: CuPy is not installed; `device.choose_device` says so in better words.
    """
    # Imported here: CuPy takes a second, and must be nowhere near a process that forks.
    return _backend_over(importlib.import_module("cupy"))


@cache
def _foreign_backend(kind: type) -> Backend:
    package = kind.__module__.partition(".")[0]
    if package != "cupy":
        raise DeviceError(f"{kind.__module__}.{kind.__qualname__} is no array of a known device: use NumPy or CuPy")
    return gpu_backend()


@cache
def _backend_over(library: ModuleType) -> Backend:
    from azuraforge_core.backend.gpu import GpuBackend  # noqa: PLC0415 - no process without a GPU reads its kernels

    xp = cast("ArrayModule", library)
    return ReferenceBackend(xp) if wants_plain(os.environ) else GpuBackend(xp)
