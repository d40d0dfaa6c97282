"""`make check`: every check that needs no test run, two at a time; output only of those that fail."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from workspace import DASHBOARD, ROOT, members, program, tool_environ


@dataclass(frozen=True)
class Check:
    """One command and the name under which it is reported."""

    name: str
    command: Sequence[str]
    cwd: Path = ROOT


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    is_good: bool
    output: str
    seconds: float


def checks() -> list[Check]:
    """Everything `make check` looks at, the slowest first."""
    python = program("python")
    return [
        Check("mypy", [program("mypy")]),
        Check("dashboard", ["npm", "run", "--silent", "check"], DASHBOARD),
        *(Check(f"deptry {member.name}", [program("deptry"), "src"], member) for member in members()),
        Check("lint-imports", [program("lint-imports")]),
        Check("ruff check", [program("ruff"), "check", "."]),
        Check("ruff format", [program("ruff"), "format", "--check", "."]),
        Check("closure", [python, "tools/check_closure.py"]),
        Check("locks", [python, "tools/check_locks.py"]),
        Check("sizes", [python, "tools/check_sizes.py"]),
    ]


def fixes() -> list[Check]:
    """What `make fmt` runs."""
    return [
        Check("ruff check --fix", [program("ruff"), "check", "--fix", "."]),
        Check("ruff format", [program("ruff"), "format", "."]),
        Check("dashboard", ["npm", "run", "--silent", "fix"], DASHBOARD),
    ]


def run(check: Check) -> Outcome:
    """Run one check to its end."""
    start = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=check.cwd,
        env={**tool_environ(), "MYPYPATH": "tools"},  # these tools import each other by their bare names
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(check, done.returncode == 0, done.stdout, time.monotonic() - start)


def main(arguments: list[str]) -> int:
    """Run the checks (or with --fix the fixes); 1 if any is not good."""
    is_fixing = "--fix" in arguments
    failed = []
    # Two fixes must not write one file at the same time.
    with ThreadPoolExecutor(max_workers=1 if is_fixing else 2) as pool:
        for outcome in pool.map(run, fixes() if is_fixing else checks()):
            print(
                f"{'ok    ' if outcome.is_good else 'FAILED'} {outcome.seconds:6.1f} s  {outcome.check.name}",
                flush=True,
            )
            if not outcome.is_good:
                failed.append(outcome.check.name)
                print(outcome.output.rstrip(), flush=True)
    if failed:
        print(f"\nmake {'fmt' if is_fixing else 'check'}: {len(failed)} failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
