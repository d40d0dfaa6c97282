"""Which device to compute on, and why a GPU is not there and what to do about it.

`choose_device` reads an explicit mapping, never the process; importing this file touches nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any

from azuraforge_core.errors import (
    DeviceUnknown,
    GpuBackendMissing,
    GpuCudaMismatch,
    GpuDeviceMissing,
    GpuDriverMissing,
    GpuLibraryMissing,
    GpuUnavailable,
)

SETTING = "AZURAFORGE_DEVICE"


class Device(StrEnum):
    """Where arrays live."""

    CPU = "cpu"
    GPU = "gpu"


@dataclass(frozen=True)
class DeviceChoice:
    """The device, and one sentence that says why; `is_fallback` when `auto` looked for a GPU in vain."""

    device: Device
    reason: str
    is_fallback: bool = False


def choose_device(environ: Mapping[str, str], *, load_library: Callable[[], ModuleType] | None = None) -> DeviceChoice:
    """The device that `AZURAFORGE_DEVICE` (cpu, gpu or auto; default cpu) asks for.

    `load_library` imports CuPy; tests pass their own. No choice is a GPU yet: training would run on the CPU all the
    same, so a GPU that answers is refused by name rather than promised.

    Raises:
        DeviceUnknown: it is none of the three.
        GpuUnavailable: `gpu`, and there is none; one class and remedy per cause.
    """
    wish = environ.get(SETTING, "").strip().lower() or Device.CPU.value
    if wish == Device.CPU:
        return DeviceChoice(Device.CPU, f"{SETTING} is cpu" if SETTING in environ else f"{SETTING} is not set")
    if wish not in {"gpu", "auto"}:
        raise DeviceUnknown(f"{SETTING} is {environ[SETTING]!r}, it must be cpu, gpu or auto")
    try:
        name = find_gpu(load_library or _load_cupy)
        raise GpuBackendMissing(
            f"{name} answers, but this release of AzuraForge computes on the CPU only: set {SETTING}=cpu"
        )
    except GpuUnavailable as error:
        if wish == "gpu":
            raise
        return DeviceChoice(Device.CPU, f"{SETTING} is auto and no GPU can be used: {error}", is_fallback=True)


def find_gpu(load_library: Callable[[], ModuleType]) -> str:
    """Name of the first GPU.

    Raises:
        GpuUnavailable: CuPy, driver or device is missing, or their CUDA versions do not fit.
    """
    try:
        cupy: Any = load_library()  # CuPy has no type stubs
    except ModuleNotFoundError as error:
        raise GpuLibraryMissing(
            "CuPy is not installed: pip install 'cupy-cuda12x[ctk]' for CUDA 12 or 'cupy-cuda13x[ctk]' for CUDA 13, "
            "or set AZURAFORGE_DEVICE=cpu"
        ) from error
    except ImportError as error:
        raise _import_failure(error) from error
    runtime = cupy.cuda.runtime
    try:
        count = int(runtime.getDeviceCount())
    except runtime.CUDARuntimeError as error:
        raise _runtime_failure(runtime, error) from error
    if not count:
        raise _no_device("the driver lists no device")
    return str(runtime.getDeviceProperties(0)["name"].decode())


def _load_cupy() -> ModuleType:
    return importlib.import_module("cupy")  # lazy: half a second, and touching CUDA before a fork breaks the child


def _import_failure(error: ImportError) -> GpuUnavailable:
    if "libcuda.so" in str(error):
        return _no_driver(str(error))
    return GpuCudaMismatch(
        f"CuPy is installed and cannot load its CUDA libraries ({error}): install the CuPy that fits the driver, "
        "pip install 'cupy-cuda12x[ctk]' for CUDA 12 or 'cupy-cuda13x[ctk]' for CUDA 13, and only one of them"
    )


def _runtime_failure(runtime: Any, error: Exception) -> GpuUnavailable:
    driver, library = int(runtime.driverGetVersion()), int(runtime.runtimeGetVersion())
    if not driver:
        return _no_driver(str(error))
    if driver // 1000 < library // 1000:
        return GpuCudaMismatch(
            f"the driver speaks CUDA {_version(driver)} and CuPy was built for CUDA {_version(library)}: "
            f"update the NVIDIA driver, or pip install 'cupy-cuda{driver // 1000}x[ctk]' in CuPy's place"
        )
    return _no_device(str(error))


def _no_driver(found: str) -> GpuDriverMissing:
    return GpuDriverMissing(
        f"no NVIDIA driver answers ({found}): install it (nvidia-smi must work); "
        "in a container start it with --gpus all"
    )


def _no_device(found: str) -> GpuDeviceMissing:
    return GpuDeviceMissing(
        f"the NVIDIA driver is there and shows no GPU ({found}): check nvidia-smi -L and that "
        "CUDA_VISIBLE_DEVICES is not empty; in a container start it with --gpus all"
    )


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"
