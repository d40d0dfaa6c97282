"""The CUDA text on the host: a shim of a few lines makes it C++, and CuPy's double launches what came of it."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge_core.device_double import CupyDouble, pretend_gpu

SHIM = """
#include <cmath>
using std::sqrt;
using std::tanh;
#define __device__
#define __global__
static struct { long long x; } blockIdx, threadIdx, blockDim;
"""
KERNEL = re.compile(r'extern "C" __global__ void (\w+)\(([^)]*)\)')
SCALARS = {"int64": ctypes.c_int64, "int32": ctypes.c_int32, "float32": ctypes.c_float, "float64": ctypes.c_double}


def launcher(name: str, parameters: str) -> str:
    """A function that runs a kernel's threads one after the other, the last block first."""
    names = ", ".join(part.split()[-1] for part in parameters.split(","))
    return f"""
extern "C" void launch_{name}(long long blocks, long long threads, {parameters}) {{
    blockDim.x = threads;
    for (blockIdx.x = blocks - 1; blockIdx.x >= 0; blockIdx.x--)
        for (threadIdx.x = 0; threadIdx.x < threads; threadIdx.x++) {name}({names});
}}
"""


class HostCompiler:
    """g++, asked once for every text with its options."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._libraries: dict[tuple[str, tuple[str, ...]], ctypes.CDLL] = {}

    def library(self, code: str, options: tuple[str, ...]) -> ctypes.CDLL:
        if (code, options) not in self._libraries:
            self._libraries[code, options] = self._compile(code, options)
        return self._libraries[code, options]

    def _compile(self, code: str, options: tuple[str, ...]) -> ctypes.CDLL:
        text = SHIM + code + "".join(launcher(*found) for found in KERNEL.findall(code))
        place = self._folder / f"{len(self._libraries)}.so"
        command = ["g++", "-x", "c++", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", *options, "-o", str(place), "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return ctypes.CDLL(str(place))


class HostModule:
    """CuPy's `RawModule`, compiled for the host."""

    def __init__(self, compiler: HostCompiler, *, code: str, options: tuple[str, ...]) -> None:
        self._library = compiler.library(code, options)

    def get_function(self, name: str) -> Callable[..., None]:
        function = getattr(self._library, f"launch_{name}")

        def run(grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
            assert 0 < block[0] <= 1024
            assert block[0] % 32 == 0
            function(ctypes.c_int64(grid[0]), ctypes.c_int64(block[0]), *map(as_c, arguments))

        return run


def as_c(argument: Any) -> Any:
    """A pointer for a contiguous array of the device, a number for a number whose width is known."""
    if isinstance(argument, np.generic):
        return SCALARS[argument.dtype.name](argument.item())
    assert argument.flags.c_contiguous
    return ctypes.c_void_p(argument.__cuda_array_interface__["data"][0])


@pytest.fixture(scope="session")
def host_compiler(tmp_path_factory: pytest.TempPathFactory) -> HostCompiler:
    return HostCompiler(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def compiled_double(host_compiler: HostCompiler, monkeypatch: pytest.MonkeyPatch) -> Iterator[CupyDouble]:
    """CuPy's double with our kernels in it."""
    if shutil.which("g++") is None:
        pytest.skip("no g++: the CUDA text cannot be compiled for the host")
    monkeypatch.setenv("AZURAFORGE_KERNELS", "auto")
    with pretend_gpu(raw_module=lambda **wanted: HostModule(host_compiler, **wanted)) as double:
        yield double
