"""The families of kernels, and their compilation ahead of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from azuraforge_core.kernels.cpu.objects import is_compiled, load_object

COMPILERS = 2
"""Families compiled at a time: each takes a core and 200 MB."""


def list_families() -> Sequence[str]:
    """One per file of `source`."""
    return sorted(file.stem for file in (Path(__file__).parent / "source").glob("[!_]*.py"))


def compile_missing(tell: Callable[[str, float], None]) -> int:
    """Compile what is not on disk yet, telling each family and its seconds; answers with how many there were.

    Raises:
        KernelBuildFailed: one of them cannot be compiled here.
    """

    def compile_one(family: str) -> None:
        began = time.monotonic()
        load_object(family)
        tell(family, time.monotonic() - began)

    missing = [family for family in list_families() if not is_compiled(family)]
    with ThreadPoolExecutor(max_workers=COMPILERS) as pool:
        list(pool.map(compile_one, missing))
    return len(missing)
