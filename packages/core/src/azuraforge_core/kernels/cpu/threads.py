"""How many threads the kernels use, and the worker threads themselves.

The workers are threads of the operating system that live inside compiled code (`source/pool.py`); they never see the
interpreter. They exist where the kernel has futexes (Linux on x86-64 and ARM); elsewhere the caller does all parts,
with the same results.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
import time
from collections.abc import Mapping
from functools import cache

import numpy as np

from azuraforge_core.errors import KernelSettingInvalid

SETTING = "AZURAFORGE_THREADS"
MOST_THREADS = 256
SPIN_S = 50e-6
"""How long a thread looks before it sleeps: longer than the interpreter's pause between two kernels of a step."""

_FUTEX_CALLS = {"x86_64": 202, "aarch64": 98}
_MEMORY_WORDS = 64
_OWNER, _SETTINGS = 40, 48  # in words; see source/pool.py
_STACK_BYTES = 1 << 20


@cache
def thread_count() -> int:
    """Threads of a large kernel: the setting, else the physical cores that this process may use."""
    return choose_thread_count(os.environ, cores=usable_cores())


def choose_thread_count(environ: Mapping[str, str], *, cores: int) -> int:
    """The setting if there is one, else the number of cores.

    Raises:
        KernelSettingInvalid: it is no whole number from 1 to 256.
    """
    wish = environ.get(SETTING, "").strip()
    if not wish:
        return cores
    if not wish.isascii() or not wish.isdigit() or len(wish) > 3 or not 1 <= int(wish) <= MOST_THREADS:
        raise KernelSettingInvalid(
            f"{SETTING} is {wish[:40]!r}: use a whole number from 1 to {MOST_THREADS}, or leave it empty"
        )
    return int(wish)


def usable_cores() -> int:
    """Physical cores among the processors that this process may run on; two threads of one core count once."""
    try:
        allowed = os.sched_getaffinity(0)
    except AttributeError:
        return os.cpu_count() or 1
    cores = set()
    for processor in allowed:
        siblings = f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list"
        try:
            with open(siblings, encoding="ascii") as file:  # noqa: PTH123 - sixty-four of them, at every start
                cores.add(file.read().strip())
        except OSError:
            cores.add(str(processor))
    return max(1, len(cores))


class Pool:
    """Worker threads behind one block of memory. `address` is 0 where the caller has to do everything itself."""

    def __init__(self, *, work: int, spin: int) -> None:
        self._work = work
        futex = _FUTEX_CALLS.get(platform.machine(), 0) if sys.platform == "linux" else 0
        self.workers = thread_count() - 1 if futex else 0
        block = np.zeros(_MEMORY_WORDS + 8, dtype=np.int64)
        start = -block.ctypes.data % 64 // 8
        self._memory = block[start : start + _MEMORY_WORDS]
        self.address = int(self._memory.ctypes.data) if self.workers else 0
        if self.workers:
            keep_blas_single()
            self._memory[_SETTINGS] = futex
            self._memory[_SETTINGS + 1] = self._pauses(spin)
            self._start()
            os.register_at_fork(after_in_child=self._start_again)

    def _pauses(self, spin: int) -> int:
        """How many looks at the bell take `SPIN_S`."""
        look = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(spin)
        trial, shortest = 2000, float("inf")
        for _ in range(5):
            began = time.perf_counter()
            look(self._memory.ctypes.data, trial, 0)
            shortest = min(shortest, time.perf_counter() - began)
        return max(100, int(trial * SPIN_S / shortest))

    def _start(self) -> None:
        library = ctypes.CDLL(None)
        thread, attributes = ctypes.c_ulong(), (ctypes.c_char * 128)()
        library.pthread_attr_init(attributes)
        library.pthread_attr_setstacksize(attributes, ctypes.c_size_t(_STACK_BYTES))
        library.pthread_attr_setdetachstate(attributes, 1)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # workers inherit it: none is theirs
        try:
            for _ in range(self.workers):
                place = ctypes.c_void_p(self.address)
                library.pthread_create(ctypes.byref(thread), attributes, ctypes.c_void_p(self._work), place)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _start_again(self) -> None:
        """A forked child inherits the memory and none of the threads."""
        self._memory[:_SETTINGS] = 0
        self._start()


@cache
def keep_blas_single() -> None:
    """Leave NumPy's BLAS one thread from now on: two pools that spin on the same cores cost a factor of a hundred."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - 20 ms, when the first kernel is loaded

    ThreadpoolController().limit(limits=1, user_api="blas")
