"""The device switch: what is asked, what is found, what to do. A double stands in for CuPy."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from azuraforge_core import Device, choose_device
from azuraforge_core.device import find_gpu
from azuraforge_core.errors import (
    DeviceUnknown,
    GpuBackendMissing,
    GpuCudaMismatch,
    GpuDeviceMissing,
    GpuDriverMissing,
    GpuLibraryMissing,
    GpuUnavailable,
)


class RuntimeFault(Exception):
    """What CuPy raises when the CUDA runtime refuses."""


def cupy_double(*, count: int | None, driver: int = 13000, library: int = 12080) -> ModuleType:
    def get_device_count() -> int:
        if count is None:
            raise RuntimeFault("cudaErrorNoDevice")
        return count

    module = ModuleType("cupy")
    runtime = SimpleNamespace(
        CUDARuntimeError=RuntimeFault,
        getDeviceCount=get_device_count,
        driverGetVersion=lambda: driver,
        runtimeGetVersion=lambda: library,
        getDeviceProperties=lambda index: {"name": b"NVIDIA H200"},
    )
    module.cuda = SimpleNamespace(runtime=runtime)
    return module


def failing(error: Exception) -> object:
    def load() -> ModuleType:
        raise error

    return load


@pytest.mark.parametrize("environ", [{}, {"AZURAFORGE_DEVICE": "cpu"}, {"AZURAFORGE_DEVICE": " CPU "}])
def test_the_cpu_is_chosen_without_looking_for_a_gpu(environ: dict[str, str]) -> None:
    choice = choose_device(environ, load_library=failing(AssertionError("must not be asked")))
    assert choice.device is Device.CPU
    assert not choice.is_fallback


def test_an_unknown_wish_is_refused_with_the_three_words() -> None:
    with pytest.raises(DeviceUnknown, match=r"'tpu'.*cpu, gpu or auto"):
        choose_device({"AZURAFORGE_DEVICE": "tpu"})


def test_a_gpu_that_answers_is_found_and_not_promised() -> None:
    assert find_gpu(lambda: cupy_double(count=1)) == "NVIDIA H200"
    with pytest.raises(GpuBackendMissing, match=r"NVIDIA H200 .*AZURAFORGE_DEVICE=cpu"):
        choose_device({"AZURAFORGE_DEVICE": "gpu"}, load_library=lambda: cupy_double(count=1))
    choice = choose_device({"AZURAFORGE_DEVICE": "auto"}, load_library=lambda: cupy_double(count=1))
    assert choice.device is Device.CPU
    assert choice.is_fallback
    assert "NVIDIA H200" in choice.reason


FAULTS = [
    (
        failing(ModuleNotFoundError("No module named 'cupy'")),
        GpuLibraryMissing,
        "pip install 'cupy-cuda12x",
    ),
    (failing(ImportError("libcuda.so.1: cannot open shared object file")), GpuDriverMissing, "nvidia-smi"),
    (lambda: cupy_double(count=None, driver=0), GpuDriverMissing, "nvidia-smi"),
    (lambda: cupy_double(count=None), GpuDeviceMissing, "CUDA_VISIBLE_DEVICES"),
    (lambda: cupy_double(count=0), GpuDeviceMissing, "CUDA_VISIBLE_DEVICES"),
    (lambda: cupy_double(count=None, driver=11080), GpuCudaMismatch, "update the NVIDIA driver"),
    (failing(ImportError("libnvrtc.so.12: cannot open shared object file")), GpuCudaMismatch, "cupy-cuda13x"),
]


@pytest.mark.parametrize(("load", "error", "remedy"), FAULTS)
def test_each_cause_has_its_own_error_and_remedy(load: object, error: type[GpuUnavailable], remedy: str) -> None:
    with pytest.raises(error, match=remedy):
        choose_device({"AZURAFORGE_DEVICE": "gpu"}, load_library=load)


def test_the_four_causes_have_four_messages() -> None:
    messages = set()
    for load, _, _ in FAULTS:
        with pytest.raises(GpuUnavailable) as caught:
            choose_device({"AZURAFORGE_DEVICE": "gpu"}, load_library=load)
        messages.add((type(caught.value), str(caught.value)))
    assert len({kind for kind, _ in messages}) == 4


@pytest.mark.parametrize("load", [load for load, _, _ in FAULTS])
def test_auto_falls_back_and_says_what_was_found(load: object) -> None:
    choice = choose_device({"AZURAFORGE_DEVICE": "auto"}, load_library=load)
    assert choice.device is Device.CPU
    assert choice.is_fallback
    assert "no GPU can be used" in choice.reason


def test_importing_the_engine_reads_no_environment_and_loads_no_gpu_library() -> None:
    program = (
        "import os, sys\n"
        "class Watched(dict):\n"
        "    def __getitem__(self, key):\n"
        "        assert not str(key).startswith('AZURAFORGE'), key\n"
        "        return super().__getitem__(key)\n"
        "    def get(self, key, default=None):\n"
        "        assert not str(key).startswith('AZURAFORGE'), key\n"
        "        return super().get(key, default)\n"
        "os.environ = Watched(os.environ)\n"
        "import azuraforge_core\n"
        "assert not {'cupy', 'torch', 'scipy'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
