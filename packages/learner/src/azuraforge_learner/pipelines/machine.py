"""What this machine has: memory, and the threads that array code uses."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

THREAD_VARIABLES: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def machine_bytes() -> int | None:
    """Memory of this machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def array_threads(environ: Mapping[str, str]) -> int:
    """Threads of NumPy's matrix products: what its library was told at start, else every core this process may use."""
    told = next((environ[name] for name in THREAD_VARIABLES if environ.get(name, "").isdecimal()), None)
    if told is not None:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
