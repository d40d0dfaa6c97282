"""The rows of lifecycle.md section 5 that other folders measure: benchmarks, and tests with a figure of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chaos_table import Line

ROOT = Path(__file__).parents[2]
P99_MS = {1000: 500.0, 2000: 1000.0}
MOST_KB = 60.0
LEAST_BOMBS = 100
BOMB_S = 2.0
BOMB_MB = 100.0


@dataclass(frozen=True)
class OtherRow:
    """A row with a way of its own to its lines."""

    name: str
    goal: str
    measure: Callable[[OtherRow], Iterator[Line]]

    def lines(self) -> Iterator[Line]:
        """Measure."""
        return self.measure(self)


def _sockets(row: OtherRow) -> Iterator[Line]:
    for sockets, limit_ms in P99_MS.items():
        found = _benchmark("api_live", str(sockets), "10", "10")
        is_whole = found.get("delivered") == 1.0 and found.get("gaps") == 0 and found.get("unfinished") == 0
        p99, kb = found.get("p99_ms", float("inf")), found.get("kb_per_socket", float("inf"))
        is_met = is_whole and p99 < limit_ms and (sockets > 1000 or kb <= MOST_KB)
        figure = f"{sockets:,} sockets: p99 {p99:.0f} ms, {kb:.0f} KB each, {found.get('delivered', 0):.0%} delivered"
        yield Line(row.name, row.goal, figure, is_met=is_met)


def _bombs(row: OtherRow) -> Iterator[Line]:
    """Each bomb is read in one process that tells what it cost; a bomb without a code was not refused."""
    command = [sys.executable, str(ROOT / "packages" / "learner" / "tests" / "data" / "bombs.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    costs = [json.loads(line) for line in done.stdout.splitlines()]
    if not costs:
        yield Line(row.name, row.goal, "nothing was read", is_met=False)
        return
    seconds, megabytes = (max(cost[name] for cost in costs) for name in ("seconds", "megabytes"))
    refused = sum(bool(cost["code"]) for cost in costs)
    is_met = done.returncode == 0 and refused == len(costs) >= LEAST_BOMBS and seconds < BOMB_S and megabytes < BOMB_MB
    figure = f"{refused} of {len(costs)} refused, the slowest in {seconds:.2f} s, the largest for {megabytes:.0f} MB"
    yield Line(row.name, row.goal, figure, is_met=is_met)


def _benchmark(name: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
    return found


def _matrix(row: OtherRow) -> Iterator[Line]:
    """Whole when every cell holds; its own tests show that a route without a row fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "services/api/tests/auth/test_route_matrix.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "nothing was run"
    yield Line(row.name, row.goal, last, is_met=done.returncode == 0)


OTHER_ROWS = (
    OtherRow("bombs", "100 bombs (zip, npz, gzip, CSV, deep JSON): refused < 2 s each, memory +< 100 MB", _bombs),
    OtherRow("matrix", "route × role matrix, WebSocket included: 100 %, a new route without a row fails", _matrix),
    OtherRow(
        "sockets",
        "1,000 sockets × 10 events/s: 100 % delivered, p99 < 500 ms, ≤ 60 KB each; 2,000: p99 < 1 s",
        _sockets,
    ),
)
