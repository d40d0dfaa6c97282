"""How many trainings' worth of cores this machine has; standard library only, for the worker imports no engine."""

from __future__ import annotations

import os
from pathlib import Path


def usable_cores() -> int:
    """Physical cores among the processors that this process may run on; two threads of one core count once."""
    try:
        allowed = os.sched_getaffinity(0)
    except AttributeError:  # not Linux
        return os.cpu_count() or 1
    return max(1, len({_core_of(processor) for processor in allowed}))


def _core_of(processor: int) -> str:
    siblings = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
    try:
        return siblings.read_text(encoding="ascii").strip()
    except OSError:
        return str(processor)
