"""The driver's library is played by an object of ours: tested is which device is asked and what failure means."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from azuraforge_worker.gpu_usage import LIBRARY, GpuUse, find_gpu


class Nvml:
    def __init__(self, **failing: int) -> None:
        self.failing = failing
        self.asked: list[object] = []
        self.is_open = False

    def _answer(self, name: str) -> int:
        return self.failing.get(name, 0)

    def nvmlInit_v2(self) -> int:  # noqa: N802 - the library's names
        self.is_open = True
        return self._answer("init")

    def nvmlShutdown(self) -> int:  # noqa: N802
        self.is_open = False
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: ctypes.c_uint, _handle: object) -> int:  # noqa: N802
        self.asked.append(index.value)
        return self._answer("handle")

    def nvmlDeviceGetHandleByUUID(self, name: bytes, _handle: object) -> int:  # noqa: N802
        self.asked.append(name)
        return self._answer("handle")

    def nvmlDeviceGetMemoryInfo(self, _handle: object, memory: Any) -> int:  # noqa: N802
        memory._obj.total, memory._obj.used = 80, 30
        return self._answer("memory")

    def nvmlDeviceGetUtilizationRates(self, _handle: object, rates: Any) -> int:  # noqa: N802
        rates._obj.gpu = 42
        return self._answer("rates")


@pytest.mark.parametrize(
    ("visible", "asked"), [("", 0), ("2,1", 2), ("GPU-0a1b,GPU-2c3d", b"GPU-0a1b")], ids=["all", "index", "uuid"]
)
def test_the_first_visible_device_is_asked(visible: str, asked: object) -> None:
    nvml = Nvml()
    gpu = find_gpu({"CUDA_VISIBLE_DEVICES": visible}, load={LIBRARY: nvml}.__getitem__)
    assert gpu is not None
    assert nvml.asked == [asked]
    assert gpu.sample() == GpuUse(42.0, 30, 80)
    gpu.close()
    assert not nvml.is_open


def test_a_device_that_tells_less_is_told_of_less() -> None:
    nvml = Nvml(rates=3, memory=0)
    gpu = find_gpu({}, load=lambda _: nvml)
    assert gpu is not None
    assert gpu.sample() == GpuUse(None, 30, 80)
    nvml.failing["memory"] = 15
    assert gpu.sample() is None


def test_no_driver_and_no_device_are_no_gpu() -> None:
    def refuse(_name: str) -> object:
        raise OSError

    assert find_gpu({}, load=refuse) is None
    assert find_gpu({}, load=lambda _: Nvml(init=9)) is None
    without = Nvml(handle=6)
    assert find_gpu({}, load=lambda _: without) is None
    assert not without.is_open
