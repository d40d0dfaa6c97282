"""Compiling the CUDA text and launching what is in it, through CuPy.

A source file is compiled when one of its kernels is first needed, once per dtype and process; CuPy keeps the result on
disk (`CUPY_CACHE_DIR`). Nothing here waits for the device.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge_core.array_module import ArrayModule
from azuraforge_core.dtypes import Array, Dtype

THREADS = 256
"""Threads in a block: a multiple of every device's 32 lanes, few enough for the registers of all kernels here."""
SOURCES = ("gru", "lstm", "optimizer")
C_NAMES = {"float32": "float", "float64": "double"}

Argument = Array | np.generic


def source_text(source: str) -> str:
    """The CUDA text of one of `SOURCES`."""
    return (Path(__file__).parent / "source" / f"{source}.cu").read_text(encoding="utf-8")


def launch(xp: ArrayModule, source: str, *, kernel: str, size: int, arguments: tuple[Argument, ...]) -> None:
    """Run a kernel over `size` numbers; its first argument is the size, `arguments` are the others.

    The first of them is an array that says which dtype is meant; every array is contiguous.
    """
    if not size:
        return
    library: Any = xp  # a module, which can be remembered by what it is
    run = _find_kernel(library, source, kernel=kernel, dtype=arguments[0].dtype)
    run((-(-size // THREADS),), (THREADS,), (np.int64(size), *arguments))


@cache
def _find_kernel(xp: Any, source: str, *, kernel: str, dtype: Dtype) -> Any:
    return _compile(xp, source, dtype=dtype).get_function(kernel)


@cache
def _compile(xp: Any, source: str, *, dtype: Dtype) -> Any:  # CuPy has no stubs for what is not NumPy's
    return xp.RawModule(code=source_text(source), options=("-std=c++17", f"-DREAL={C_NAMES[dtype.name]}"))
