"""How a supervisor calls its trainer."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Arguments:
    """The job's file, the pipes' file descriptors and the supervisor's process id."""

    job: Path
    up: int
    down: int
    parent: int


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Parse the command line; exits with status 2 and a usage line when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m azuraforge_worker.trainer")
    parser.add_argument("--job", type=Path, required=True)
    parser.add_argument("--up", type=int, required=True)
    parser.add_argument("--down", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parsed = parser.parse_args(arguments)
    return Arguments(job=parsed.job, up=parsed.up, down=parsed.down, parent=parsed.parent)
