"""A forward pass as a list of kernel launches, run again in one call.

    first time    model(x)  ──>  launch, launch, launch ...        each is noted, with the memory that it works on
    afterwards    copy x in  ──>  [ launch | launch | launch ]  ──>  copy the answer out          one call from Python

One row through a small network costs more in Python than in arithmetic; a replay leaves only the arithmetic. It holds
what was launched and nothing else: where a pass computes something in plain array code in between, or decides something
by looking at its numbers, a replay would be wrong. So every replay is compared with the function itself, bit for bit,
on other numbers before it is offered.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable

import numpy as np

from azuraforge_core.dtypes import Array, float32
from azuraforge_core.kernels.cpu.launch import Kernel, function_address, listened_by, load_pool

TRIALS = 2
"""Inputs on which a replay must equal the function."""


class Replay:
    """Launches over fixed memory: `input` is read, `output` written."""

    def __init__(self, *, example: Array) -> None:
        self.input = np.array(example, dtype=float32, order="C")
        self.output = self.input
        self._thread = threading.get_ident()
        self._launches: list[tuple[int, bytes, int]] = []
        self._kept: list[Array] = []
        self._program: Array = np.empty(0, dtype=np.int64)
        self._run: Callable[[int, int, int], None]  # there once the launches are known
        self._pool = 0
        self._lock = threading.Lock()

    def __call__(self, x: Array) -> Array:
        """The function's answer to an input of the example's shape."""
        with self._lock:
            self.input[...] = x
            self._run(self._program.ctypes.data, self.launches, self._pool)
            return self.output.copy()

    def is_for_this_thread(self) -> bool:
        """Whether the calling thread is the one that is listened to."""
        return threading.get_ident() == self._thread

    def note_launch(self, kernel: Kernel, packed: bytes, parts: int) -> None:
        """Remember a launch."""
        if self.is_for_this_thread():
            self._launches.append((kernel.function, packed, parts))

    def note_array(self, array: Array) -> None:
        """Keep what a launch works on."""
        if self.is_for_this_thread():
            self._kept.append(array)

    @property
    def launches(self) -> int:
        """How many kernels it runs."""
        return len(self._launches)

    def seal(self, output: Array) -> None:
        """All launches are known: lay them out for the replay."""
        self.output = output
        arguments = np.frombuffer(b"".join(packed for _, packed, _ in self._launches), dtype=np.int64).copy()
        self._kept.append(arguments)
        rows, start = [], arguments.ctypes.data
        for function, packed, parts in self._launches:
            rows.append((function, start, parts))
            start += len(packed)
        self._program = np.array(rows, dtype=np.int64).reshape(len(rows), 3)
        self._pool = load_pool().address
        signature = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
        self._run = signature(function_address("pool", "replay"))


def find_replay(function: Callable[[Array], Array], example: Array) -> Replay | None:
    """A replay of `function`, or None where it does more than launch kernels.

    `function` maps an array of float32 to one, and its answer depends on nothing that changes from call to call.
    """
    if example.dtype != float32:
        return None
    replay = Replay(example=example)
    function(replay.input)  # what is done once, such as loading kernels, is done now
    with listened_by(replay):
        answer = function(replay.input)
    if not replay.launches or answer.dtype != float32:
        return None
    replay.seal(answer)
    generator = np.random.default_rng(0)
    for _ in range(TRIALS):
        x = generator.standard_normal(example.shape, dtype=float32)
        if not np.array_equal(replay(x), function(x), equal_nan=True):
            return None
    return replay
