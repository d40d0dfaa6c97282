"""Which device to compute on, and why a GPU is not there and what to do about it.

`choose_device` decides and touches as little of the GPU as it can; `start_device` makes the choice ready in the process
that will compute. A process that has touched CUDA must not fork: a child would find no device, so both belong into
processes that are started afresh. Both read an explicit mapping, never the process; importing this file does nothing.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any

from azuraforge_core.errors import (
    DeviceMemoryInvalid,
    DeviceUnknown,
    GpuBackendMissing,
    GpuCudaMismatch,
    GpuDeviceMissing,
    GpuDriverMissing,
    GpuLibraryMissing,
    GpuUnavailable,
)

SETTING = "AZURAFORGE_DEVICE"
MEMORY_SETTING = "AZURAFORGE_GPU_MEMORY"
OLDEST_CUPY = 14
"""Before it, CuPy widened dtypes by other rules than NumPy 2 and lacked functions that ops use."""


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

    `load_library` imports CuPy; tests pass their own.

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
        return DeviceChoice(Device.GPU, f"{SETTING} is {wish} and {find_gpu(load_library or _load_cupy)} answers")
    except GpuUnavailable as error:
        if wish == "gpu":
            raise
        return DeviceChoice(Device.CPU, f"{SETTING} is auto and no GPU can be used: {error}", is_fallback=True)


def start_device(
    choice: DeviceChoice, environ: Mapping[str, str], *, load_library: Callable[[], ModuleType] | None = None
) -> None:
    """Make the chosen device ready for this process: limit its memory to `AZURAFORGE_GPU_MEMORY`, compute once.

    The limit is a number of GiB (`6`, `0.5`) or a share of the device's memory (`50%`); CuPy's pool keeps what it has
    taken, so that without one a training may leave nothing to another. The CPU is always ready.

    Raises:
        DeviceMemoryInvalid: the limit is neither of both.
        GpuBackendMissing: the GPU answers, and CuPy cannot compile or run anything on it.
    """
    if choice.device is Device.CPU:
        return
    limit = _memory_limit(environ.get(MEMORY_SETTING, "").strip())
    cupy: Any = (load_library or _load_cupy)()
    if limit:
        cupy.get_default_memory_pool().set_limit(**limit)
    try:
        found = float(cupy.sum(cupy.ones(2, dtype="float32")))
    except MemoryError:
        raise
    except Exception as error:  # whatever CUDA, its compiler or its loader may say
        raise _cannot_compute(error) from error
    if found != 2.0:
        raise _cannot_compute(f"1 + 1 is {found}")


def _cannot_compute(found: object) -> GpuBackendMissing:
    return GpuBackendMissing(
        f"a GPU answers, and CuPy cannot compute on it ({found}): install CuPy with its CUDA libraries, "
        f"pip install --upgrade 'cupy-cuda13x[ctk]' (or cupy-cuda12x), or set {SETTING}=cpu"
    )


def _memory_limit(text: str) -> dict[str, int | float]:
    """What CuPy's pool is told; nothing where there is no limit."""
    if not text:
        return {}
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = math.nan
    if text.endswith("%") and 0 < number <= 100:
        return {"fraction": number / 100}
    if not text.endswith("%") and 0 < number < math.inf:
        return {"size": int(number * 2**30)}
    raise DeviceMemoryInvalid(f"{MEMORY_SETTING} is {text[:40]!r}, it must be GiB such as 6 or a share such as 50%")


def find_gpu(load_library: Callable[[], ModuleType]) -> str:
    """Name of the first GPU.

    Raises:
        GpuUnavailable: CuPy, driver or device is missing, their CUDA versions do not fit, or CuPy is too old.
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
    if int(cupy.__version__.partition(".")[0]) < OLDEST_CUPY:
        raise GpuBackendMissing(
            f"CuPy {cupy.__version__} is installed and AzuraForge computes with {OLDEST_CUPY} or later: "
            f"pip install --upgrade 'cupy-cuda{int(runtime.runtimeGetVersion()) // 1000}x[ctk]', or set {SETTING}=cpu"
        )
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
