"""Run every benchmark, or those that are named: `python benchmarks/run.py [name …]`.

A benchmark is a file here whose last line of output is JSON: `{"benchmark": …, "ratio": …}` where it has a peer to be
measured against, else `{"benchmark": …, "value": …, "unit": …}`. It fails by its exit status, as the engine's do when a
figure is worse than its limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SUPPORT = {"run", "running_gateway", "running_platform", "engine_table"}


@dataclass(frozen=True)
class Outcome:
    """What a benchmark found, if its last line says it, and whether it ended well."""

    result: dict[str, Any] | None
    is_good: bool


def benchmarks() -> list[str]:
    """Names of all benchmarks."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in SUPPORT and path.stem[0] != "_")


def measure(name: str, options: Sequence[str] = ()) -> Outcome:
    """Run one benchmark in a process of its own, its output shown as it comes."""
    command = [sys.executable, str(FOLDER / f"{name}.py"), *options]
    last = ""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"  {line}", end="", flush=True)
            last = line.strip() or last
    result = result_of(last)
    return Outcome(result, result is not None and process.returncode == 0)


def result_of(line: str) -> dict[str, Any] | None:
    """The result in a benchmark's last line, if it is whole."""
    try:
        result = json.loads(line)
    except ValueError:
        return None
    is_whole = (
        isinstance(result, dict) and "benchmark" in result and ("ratio" in result or {"value", "unit"} <= set(result))
    )
    return result if is_whole else None


def main(arguments: list[str]) -> int:
    """1 when a benchmark failed or its last line is not its result."""
    known = benchmarks()
    wanted = arguments or known
    if unknown := sorted(set(wanted) - set(known)):
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted:
        print(f"== {name}", flush=True)
        if not measure(name).is_good:
            failed.append(name)
    if failed:
        print(f"failed, or without a result in the last line: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
