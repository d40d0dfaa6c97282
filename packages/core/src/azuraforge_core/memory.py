"""How the C library treats the memory of freed arrays.

A training step frees and asks for the same few megabytes again and again. By default glibc returns large blocks to the
system each time and the kernel clears every page anew; for a small LSTM that was a quarter of the step
(benchmarks/engine_step.py measures it). A process that trains calls `keep_freed_memory` once.
"""

from __future__ import annotations

import ctypes
import mmap
import sys

# mallopt(3): above this size blocks come straight from the kernel; above this much free memory the heap shrinks.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
_LIMIT_BYTES = 1 << 30
_LARGE_PAGE = 1 << 21
_HEAP_BYTES = 1 << 28


def keep_freed_memory() -> bool:
    """Keep up to 1 GiB of freed memory for the next array; False where the C library has no such switch."""
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    switch = getattr(library, "mallopt", None)
    if switch is None:  # musl has none
        return False
    if not all(switch(parameter, _LIMIT_BYTES) == 1 for parameter in (_MMAP_THRESHOLD, _TRIM_THRESHOLD)):
        return False
    _ask_for_large_pages(library)
    return True


def _ask_for_large_pages(library: ctypes.CDLL) -> None:
    """Let the next 256 MB of the heap come in pages of 2 MB where the kernel gives them: fewer looks at page tables.

    A block of that size is taken and freed at once: it costs addresses, no memory.
    """
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    block = library.malloc(_HEAP_BYTES)
    if block:
        start = -(-block // _LARGE_PAGE) * _LARGE_PAGE
        library.madvise(start, block + _HEAP_BYTES - start - _LARGE_PAGE, mmap.MADV_HUGEPAGE)
        library.free(block)
