"""The device switch: what is asked, what is found, what to do. A double stands in for CuPy."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from azuraforge_core import Device, DeviceChoice, choose_device, start_device
from azuraforge_core.device import find_gpu
from azuraforge_core.device_double import CupyDouble
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


class RuntimeFault(Exception):
    """What CuPy raises when the CUDA runtime refuses."""


def cupy_double(*, count: int | None, driver: int = 13000, library: int = 12080, version: str = "14.2.0") -> ModuleType:
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
    module.__version__ = version
    return module


def failing(error: Exception) -> object:
    def load(*_: object, **__: object) -> ModuleType:
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


@pytest.mark.parametrize("wish", ["gpu", "auto"])
def test_a_gpu_that_answers_is_chosen_by_name(wish: str) -> None:
    assert find_gpu(lambda: cupy_double(count=1)) == "NVIDIA H200"
    choice = choose_device({"AZURAFORGE_DEVICE": wish}, load_library=lambda: cupy_double(count=1))
    assert (choice.device, choice.is_fallback) == (Device.GPU, False)
    assert choice.reason == f"AZURAFORGE_DEVICE is {wish} and NVIDIA H200 answers"


def test_a_cupy_that_is_too_old_is_refused_with_both_versions() -> None:
    with pytest.raises(GpuBackendMissing, match=r"CuPy 13\.6\.0 .* 14 or later: pip install --upgrade 'cupy-cuda12x"):
        choose_device({"AZURAFORGE_DEVICE": "gpu"}, load_library=lambda: cupy_double(count=1, version="13.6.0"))


GPU = DeviceChoice(Device.GPU, "a test")


@pytest.mark.parametrize(
    ("text", "limit"), [("", {}), ("6", {"size": 6 * 2**30}), (" 0.5 ", {"size": 2**29}), ("50%", {"fraction": 0.5})]
)
def test_starting_a_gpu_limits_its_memory_and_computes_once(text: str, limit: dict[str, float]) -> None:
    double = CupyDouble()
    start_device(GPU, {"AZURAFORGE_GPU_MEMORY": text}, load_library=lambda: double)
    assert double.memory_limit == limit
    assert double.syncs == 1


@pytest.mark.parametrize("text", ["all", "0", "-1", "0%", "101%", "inf", "nan", "6GB"])
def test_a_limit_that_is_no_memory_is_refused_before_the_gpu_is_touched(text: str) -> None:
    with pytest.raises(DeviceMemoryInvalid, match=r"GiB such as 6 or a share such as 50%"):
        start_device(GPU, {"AZURAFORGE_GPU_MEMORY": text}, load_library=failing(AssertionError("must not be asked")))


def test_a_gpu_that_cannot_compute_is_refused_with_the_reason_and_the_remedy() -> None:
    double = CupyDouble()
    double.ones = failing(RuntimeError("CUDA_ERROR_NO_BINARY_FOR_GPU"))
    with pytest.raises(GpuBackendMissing, match=r"NO_BINARY_FOR_GPU.*cupy-cuda13x.*AZURAFORGE_DEVICE=cpu"):
        start_device(GPU, {}, load_library=lambda: double)


def test_memory_that_is_not_there_stays_a_memory_error() -> None:
    double = CupyDouble()
    double.ones = failing(MemoryError("out of memory"))
    with pytest.raises(MemoryError):
        start_device(GPU, {}, load_library=lambda: double)


def test_the_cpu_is_started_without_looking_for_a_gpu() -> None:
    start_device(DeviceChoice(Device.CPU, "a test"), {}, load_library=failing(AssertionError("must not be asked")))


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
