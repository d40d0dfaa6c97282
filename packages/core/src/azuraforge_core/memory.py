"""How the C library treats the memory of freed arrays.

A training step frees and asks for the same few megabytes again and again. By default glibc returns large blocks to the
system each time and the kernel clears every page anew; for a small LSTM that was a quarter of the step
(benchmarks/engine_step.py measures it). A process that trains calls `keep_freed_memory` once.
"""

from __future__ import annotations

import ctypes
import sys

# mallopt(3): above this size blocks come straight from the kernel; above this much free memory the heap shrinks.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
_LIMIT_BYTES = 1 << 30


def keep_freed_memory() -> bool:
    """Keep up to 1 GiB of freed memory for the next array; False where the C library has no such switch."""
    if sys.platform != "linux":
        return False
    switch = getattr(ctypes.CDLL(None), "mallopt", None)
    if switch is None:  # musl has none
        return False
    return all(switch(parameter, _LIMIT_BYTES) == 1 for parameter in (_MMAP_THRESHOLD, _TRIM_THRESHOLD))
