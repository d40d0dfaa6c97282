"""The command line that the engine's benchmarks share, and how each of them ends."""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

from engine.limits import FLOOR, Limits, State, judge
from engine.machine import machine_facts, machine_name
from engine.rounds import Effort

PAIRS, BLOCK_S, PATIENCE_S = 15, 0.3, 60.0


def parser_of(document: str | None, *, pairs: int = PAIRS) -> argparse.ArgumentParser:
    """A parser that knows how long to measure."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=pairs)
    parser.add_argument("--block", type=float, default=BLOCK_S, help="seconds of one block")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="seconds to wait for a quiet machine")
    return parser


def effort_of(given: argparse.Namespace) -> Effort:
    """What `parser_of` read."""
    return Effort(pairs=given.pairs, block_s=given.block, patience_s=given.patience)


def show(name: str, row: Mapping[str, Any], *, sides: tuple[str, str] = ("ours", "theirs")) -> None:
    """One line for people, as soon as it is known; the ratio is that of the first side to the second."""
    spread = f"[{row['low']:.2f}-{row['high']:.2f}]"
    if "value" in row:
        text = f"{row['value']:.2f} {row['unit']} {spread}"
    else:
        first, second = (time_text(row[key]) for key in ("ours_ms", "theirs_ms"))
        text = f"{sides[0]} {first}, {sides[1]} {second}, ratio {row['ratio']:.2f} {spread}"
    if "cpu_ratio" in row:
        text += f", by processor time {row['cpu_ratio']:.2f}"
    if row.get("loaded"):
        text += f", machine busy in {row['loaded']:.0%} of pairs"
    print(f"{name}: {text}", flush=True)


def time_text(milliseconds: float) -> str:
    """Milliseconds, or microseconds below one."""
    return f"{milliseconds:.2f} ms" if milliseconds >= 1 else f"{milliseconds * 1e3:.1f} µs"


def finish(
    benchmark: str, rows: Mapping[str, Mapping[str, Any]], *, facts: Mapping[str, str], headline: str = "*"
) -> int:
    """Judge every row, print the result line; 1 if something got slower than it was.

    The one ratio of the result is the geometric mean of the rows, or of those whose name is like `headline`.
    """
    limits, machine = Limits.load(), machine_name()
    verdicts = {
        name: judge(row, limits.of(name, machine=machine), floor=floor_of(name, rows)) for name, row in rows.items()
    }
    for name, verdict in verdicts.items():
        if verdict.state not in {State.NO_GOAL, State.HELD}:
            print(f"{verdict.state.value}: {name}: {verdict.text}")
    ratios = [row["ratio"] for name, row in rows.items() if "ratio" in row and fnmatch(name, headline)]
    result: dict[str, Any] = {"benchmark": benchmark}
    if ratios:
        result["ratio"] = round(math.exp(sum(map(math.log, ratios)) / len(ratios)), 3)
    else:
        result |= {"value": len(rows), "unit": "rows"}
    result["rows"] = {name: {**row, "state": verdicts[name].state.value} for name, row in rows.items()}
    result["facts"] = {**facts, **machine_facts()}
    result["load_average"] = round(os.getloadavg()[0], 1)
    print(json.dumps(result, ensure_ascii=False))
    return int(any(verdict.state is State.REGRESSED for verdict in verdicts.values()))


def floor_of(name: str, rows: Mapping[str, Mapping[str, Any]]) -> float:
    """The ratio of the floor beside a training step, 0 where it was not measured.

    With two threads the quieter figure of the two is taken: a floor that others disturbed is none.
    """
    row = rows.get(name.replace("step/", FLOOR, 1), {}) if name.startswith("step/") else {}
    return min((float(row[key]) for key in ("ratio", "cpu_ratio") if key in row), default=0.0)
