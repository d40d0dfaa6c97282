"""The two decorators of kernel sources: `kernel` for what is called from outside, `inline` for what kernels share.

Both hand the function to Numba with the options that a kernel needs: NumPy's division (Python's would put a branch at
every `/` and stop vectorisation), no reference counting, no wrapper for the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import types

Function = TypeVar("Function", bound=Callable[..., Any])

SIGNATURE = types.void(types.int64, types.int64, types.int64)
"""`kernel(arguments, part, parts)`: the address of the packed arguments, and which share of the work to do."""

_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "boundscheck": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

KERNELS = "__azuraforge_kernels__"
"""Where a source module keeps what it offers, by name."""


def kernel(function: Function) -> Function:
    """Offer `function(arguments, part, parts)` under its own name; it is compiled when its family is built."""
    compiled = numba.njit(**_OPTIONS)(function)
    function.__globals__.setdefault(KERNELS, {})[function.__name__] = compiled
    return compiled  # type: ignore[no-any-return]


def inline(function: Function) -> Function:
    """A function that kernels call; it is compiled into each of them."""
    return numba.njit(**_OPTIONS)(function)  # type: ignore[no-any-return]
