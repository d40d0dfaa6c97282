"""Calling compiled kernels: load a family when it is first needed, pack the arguments, share the work among threads.

    adam = Kernel("optimizer", "adam", "5q7d")
    adam(n, address(values), ..., 0.9, ..., parts=2)

Arguments are packed into one block of 8-byte numbers (`q` whole numbers and addresses, `d` float64); ctypes lets the
interpreter's lock go while a kernel runs. Nothing here keeps an array alive: the caller does, until the call returns.
"""

from __future__ import annotations

import ctypes
import math
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

import numpy as np

from azuraforge_core.dtypes import Array
from azuraforge_core.errors import KernelBuildFailed
from azuraforge_core.kernels.cpu import threads

LINE_BYTES = 64
"""A cache line, and the widest vector."""

_loading, _one_listener = threading.RLock(), threading.Lock()
_read_word = ctypes.c_int64.from_address


class Listener(Protocol):
    """Somebody who wants to know what is launched, to launch it again."""

    def is_for_this_thread(self) -> bool:
        """Whether the calling thread is the one that is listened to."""

    def note_launch(self, kernel: Kernel, packed: bytes, parts: int) -> None:
        """A kernel was launched."""

    def note_array(self, array: Array) -> None:
        """The address of an array was given to a kernel: whoever repeats the launch must keep it alive."""


class _Listening:
    """At most one listener in a process; looking for it must cost nothing."""

    __slots__ = ("listener",)

    def __init__(self) -> None:
        self.listener: Listener | None = None


@contextmanager
def listened_by(listener: Listener) -> Iterator[None]:
    """Tell a listener of every launch inside; who comes second waits for the first."""
    with _one_listener:
        _listening.listener = listener
        try:
            yield
        finally:
            _listening.listener = None


def is_listened() -> bool:
    """Whether launches are noted: what is computed without one would be missing from a replay."""
    return _listening.listener is not None


class Kernel:
    """A compiled function of a family, loaded at its first call. `layout` describes its arguments as `struct` does."""

    def __init__(self, family: str, name: str, layout: str) -> None:
        self.family = family
        self.name = name
        self.pack = struct.Struct(f"={layout}").pack
        self._head: bytes | None = None
        self._run: Callable[[bytes, bytes, int], None] | None = None

    def __call__(self, *arguments: float, parts: int = 1) -> None:
        """Run it in so many parts. Numbers and addresses are passed as they are; nothing is checked here."""
        run, packed = self._run or self._load(), self.pack(*arguments)
        run(self._head, packed, parts)  # type: ignore[arg-type]
        listener = _listening.listener  # read once: another thread may end its listening between two looks
        if listener is not None:
            listener.note_launch(self, packed, parts)

    @property
    def function(self) -> int:
        """Where its code begins."""
        return function_address(self.family, self.name)

    def _load(self) -> Callable[[bytes, bytes, int], None]:
        with _loading:
            self._head = struct.pack("=2q", function_address(self.family, self.name), load_pool().address)
            self._run = _runner()
            return self._run


def address(array: Array) -> int:
    """Where an array's first element lies: what `array.ctypes.data` says, ten times as fast."""
    listener = _listening.listener
    if listener is not None:
        listener.note_array(array)
    return _read_word(id(array) + _DATA_OFFSET).value


def workspace(size: int) -> int:
    """Address of so many bytes of this thread's scratch memory, on a cache line; the next call may take it away."""
    listener = _listening.listener
    if listener is not None and listener.is_for_this_thread():
        return address(aligned_empty((-(-size // 4),)))  # kept by the listener: the launch will be repeated
    block: Array | None = getattr(_scratch, "block", None)
    if block is None or block.nbytes < size + LINE_BYTES:
        block = np.empty(size + size // 4 + LINE_BYTES, dtype=np.uint8)
        _scratch.block = block
        _scratch.start = address(block) + -address(block) % LINE_BYTES
    return int(_scratch.start)


def aligned_empty(shape: tuple[int, ...]) -> Array:
    """An array of float32 whose first element lies on a cache line."""
    size = 4 * math.prod(shape)
    block = np.empty(size + LINE_BYTES, dtype=np.uint8)
    shift = -address(block) % LINE_BYTES
    return block[shift : shift + size].view(np.float32).reshape(shape)


@cache
def family_engine(family: str) -> Any:
    """LLVM's owner of a family's code, which lives as long as the process."""
    # Imported here, with 0.15 s of what they need: a process without kernels does not pay for them.
    from llvmlite import binding  # noqa: PLC0415

    from azuraforge_core.kernels.cpu import objects  # noqa: PLC0415

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine(jit=True)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(objects.load_object(family)))
    engine.finalize_object()
    return engine


def function_address(family: str, name: str) -> int:
    """Where a compiled kernel begins.

    Raises:
        KernelBuildFailed: the family has none of that name.
    """
    found = int(family_engine(family).get_function_address(f"azf_{name}"))
    if not found:
        raise KernelBuildFailed(f"the kernels of {family} hold no {name}")
    return found


@cache
def _runner() -> Callable[[bytes, bytes, int], None]:
    return ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int64)(function_address("pool", "run"))


@cache
def load_pool() -> threads.Pool:
    """The worker threads; loading them shows whether kernels can be had at all.

    Raises:
        KernelError: they cannot, or a setting is wrong.
    """
    return threads.Pool(work=function_address("pool", "work"), spin=function_address("pool", "spin"))


def _data_offset() -> int:
    """Where in an array's object NumPy keeps the address of its data: found by looking, so that it cannot be wrong."""
    sample = np.empty(1, dtype=np.uint8)
    for offset in range(0, 128, ctypes.sizeof(ctypes.c_void_p)):
        if _read_word(id(sample) + offset).value == sample.ctypes.data:
            return offset
    raise KernelBuildFailed("this interpreter's arrays do not tell where their data lies")


_scratch = threading.local()
_listening = _Listening()
_DATA_OFFSET = _data_offset()
