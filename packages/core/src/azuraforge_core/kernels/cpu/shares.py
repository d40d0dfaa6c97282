"""Into how many parts a kernel's work is cut, and how much scratch memory a part needs.

A part is worth a thread when it takes longer than waking one does: about 20 microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from azuraforge_core.kernels.cpu.threads import thread_count

FLOPS_PER_PART = 500_000
"""Multiply-adds count as two."""

BYTES_PER_PART = 64 * 1024
"""For kernels that only read and write memory."""

_LINE = 64
_forced_parts: ContextVar[int] = ContextVar("azuraforge_forced_parts", default=0)
_STEPS, _BLOCK_ROWS, _SOME_ROWS, _WIDEST_PANEL = 256, 96, 192, 32  # those of `compiler.gemm`


def gemm_parts(m: int, n: int, k: int) -> int:
    """Parts of a matrix product."""
    return parts_of(2 * m * n * k, FLOPS_PER_PART)


def parts_of(work: int, least: int) -> int:
    """As many parts as there are threads, or fewer of at least `least`."""
    return _forced_parts.get() or max(1, min(thread_count(), work // least))


@contextmanager
def forced_parts(parts: int) -> Iterator[None]:
    """Cut every kernel into so many parts inside, however small its work: for tests."""
    token = _forced_parts.set(parts)
    try:
        yield
    finally:
        _forced_parts.reset(token)


def gemm_workspace(n: int, k: int) -> int:
    """Bytes of scratch memory of one part of a product with n columns and k steps, in whole cache lines."""
    steps = min(k, _STEPS)
    columns = -(-n // _WIDEST_PANEL) * _WIDEST_PANEL
    packed = max(columns + _BLOCK_ROWS, _WIDEST_PANEL + _SOME_ROWS)
    return -(-4 * steps * packed // _LINE) * _LINE + _LINE
