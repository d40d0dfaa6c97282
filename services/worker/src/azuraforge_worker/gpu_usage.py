"""Utilisation and memory of a trainer's GPU through NVML, the library that `nvidia-smi` itself asks.

Called in the supervisor, so no CUDA context is made and nothing is imported: NVML comes with the driver.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

LIBRARY: Final = "libnvidia-ml.so.1"
OK: Final = 0


class GpuUse(NamedTuple):
    """Of the whole device, whoever uses it."""

    percent: float | None
    memory_bytes: int
    memory_total_bytes: int


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class GpuUsage:
    """One device. `Any`: what `ctypes` loads has no type."""

    def __init__(self, nvml: Any, handle: ctypes.c_void_p) -> None:
        self._nvml = nvml
        self._handle = handle

    def sample(self) -> GpuUse | None:
        """What is used now; None when the driver does not say."""
        memory = _Memory()
        if self._nvml.nvmlDeviceGetMemoryInfo(self._handle, ctypes.byref(memory)) != OK:
            return None
        rates = _Utilization()
        is_known = self._nvml.nvmlDeviceGetUtilizationRates(self._handle, ctypes.byref(rates)) == OK
        return GpuUse(float(rates.gpu) if is_known else None, memory.used, memory.total)

    def close(self) -> None:
        """Let the library go."""
        self._nvml.nvmlShutdown()


def find_gpu(environ: Mapping[str, str], *, load: Callable[[str], Any] = ctypes.CDLL) -> GpuUsage | None:
    """The device that a trainer with this environment sees first; None without driver or device.

    Several unlike GPUs are numbered by speed in CUDA and by place in NVML, unless CUDA_DEVICE_ORDER=PCI_BUS_ID.
    """
    try:
        nvml = load(LIBRARY)
    except OSError:
        return None
    if nvml.nvmlInit_v2() != OK:
        return None
    handle = ctypes.c_void_p()
    first = environ.get("CUDA_VISIBLE_DEVICES", "").partition(",")[0].strip() or "0"
    if first.isdecimal():
        answer = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(first)), ctypes.byref(handle))
    else:
        answer = nvml.nvmlDeviceGetHandleByUUID(first.encode(), ctypes.byref(handle))
    if answer != OK:
        nvml.nvmlShutdown()
        return None
    return GpuUsage(nvml, handle)
