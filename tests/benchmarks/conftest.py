"""The benchmarks are scripts, not a package: their folder is put where Python looks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from engine.process import Block


@pytest.fixture
def block() -> Callable[..., Block]:
    """Makes a block that took `wall` seconds per call."""

    def make(wall: float, *, cpu: float | None = None, total_cpu: float = 0.0, is_quiet: bool = True) -> Block:
        used = wall if cpu is None else cpu
        return Block(wall=wall, mean=wall, p99=wall, cpu=used, calls=1, total_cpu=total_cpu, is_quiet=is_quiet)

    return make
