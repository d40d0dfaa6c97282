"""The driver's end of a candidate: one process with its own thread pools, told how many threads it may use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FOLDER = Path(__file__).resolve().parents[1]
THREAD_SETTINGS = ("AZURAFORGE_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Block:
    """Seconds per call in one block: median, mean and 99th percentile by the clock, median by the processor.

    `total_cpu` is everything the process computed for the block, so that others' load can be told from it.
    """

    wall: float
    mean: float
    p99: float
    cpu: float
    calls: int
    total_cpu: float
    is_quiet: bool = True


def candidate_environ(
    threads: int, *, python: str = sys.executable, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment of a candidate that may use `threads` threads, whatever library it rests on.

    The programs beside its interpreter come first: a compiler that a peer needs may live there.
    """
    programs = os.pathsep.join([str(Path(python).parent), environ.get("PATH", os.defpath)])
    paths = os.pathsep.join(filter(None, [str(FOLDER), environ.get("PYTHONPATH", "")]))
    return {**environ, "PATH": programs, "PYTHONPATH": paths} | dict.fromkeys(THREAD_SETTINGS, str(threads))


class Candidate:
    """One candidate in its own process; made when it has done its first work and waits for blocks.

    As a context manager it ends with the block, at once when that failed.
    """

    def __init__(self, name: str, *, kind: str, subject: str, threads: int, python: str = sys.executable) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [python, "-m", "engine.candidate", kind, name, subject],
            env=candidate_environ(threads, python=python),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=1,
        )
        try:
            self.hello: dict[str, Any] = self._answer()
        except BaseException:
            self.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
            return
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()

    def start(self, seconds: float) -> None:
        """Let it work for about `seconds`; `finish` waits for the figures."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"block {seconds}\n")

    def finish(self) -> Block:
        """The figures of the block that was started."""
        return Block(**self._answer())

    def block(self, seconds: float) -> Block:
        """One block alone."""
        self.start(seconds)
        return self.finish()

    def kill(self) -> None:
        """End it now."""
        self.process.kill()
        self.process.wait()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit(f"the candidate {self.name} died; its error is above")
        found: dict[str, Any] = json.loads(line)
        return found
