"""Processes that start, say one JSON line and end: how long until the line, and what it says."""

from __future__ import annotations

import json
import resource
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from engine.process import Block, candidate_environ


def run_once(command: Sequence[str], *, threads: int) -> tuple[Block, dict[str, Any]]:
    """Start it and wait; the block's seconds run from the start of the process to its line."""
    cpu = _children_cpu()
    began = time.perf_counter()
    with subprocess.Popen(command, env=candidate_environ(threads), stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        seconds = time.perf_counter() - began
    if not line or process.returncode:
        raise SystemExit(f"{' '.join(command)} failed; its error is above")
    used = _children_cpu() - cpu
    found: dict[str, Any] = json.loads(line)
    return Block(wall=seconds, mean=seconds, p99=seconds, cpu=used, calls=1, total_cpu=used), found


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
