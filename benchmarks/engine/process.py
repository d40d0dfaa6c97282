"""The driver's end of a candidate: one process with its own thread pools, told how many threads it may use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1]
THREAD_SETTINGS = ("AZURAFORGE_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Block:
    """Seconds per call in one block: median by the clock, mean of the processor; `total_cpu` of the whole block."""

    wall: float
    cpu: float
    steps: int
    total_cpu: float
    is_quiet: bool = True


def candidate_environ(threads: int, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a candidate that may use `threads` threads, whatever library it rests on."""
    return {**environ, "PYTHONPATH": str(FOLDER)} | dict.fromkeys(THREAD_SETTINGS, str(threads))


class Candidate:
    """One candidate in its own process; made when it has trained its first steps and waits for blocks."""

    def __init__(self, name: str, *, kind: str, workload: str, threads: int, python: str = sys.executable) -> None:
        self.name = name
        command = [python, "-m", "engine.candidate", kind, name, workload]
        self.process = subprocess.Popen(
            command,
            env=candidate_environ(threads),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=1,
        )
        self.hello: dict[str, Any] = self._answer()

    def block(self, seconds: float) -> Block:
        """Let it work for about `seconds`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"block {seconds}\n")
        return Block(**self._answer())

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit(f"the candidate {self.name} died; its error is above")
        found: dict[str, Any] = json.loads(line)
        return found
