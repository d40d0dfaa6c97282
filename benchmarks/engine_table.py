"""Run the engine's benchmarks and print the README's table of them: the one place where its figures come from.

    python benchmarks/engine_table.py                                        everything, about half an hour
    python benchmarks/engine_table.py --quick --only step                    a rough look at the training steps
    python benchmarks/engine_table.py --save figures.json                    keep the rows
    python benchmarks/engine_table.py --from figures.json --only inference   some anew, the others as they were kept
    python benchmarks/engine_table.py --runs 3 --hold                        and make them this machine's limits
    python benchmarks/engine_table.py --from a.json --from b.json --hold     the same of runs that were saved

`--hold` stores the median of several runs, and their spread, as what this machine holds; rows in which others disturbed
more than half of the pairs are left out unless they have one thread, whose own time tells. See
docs/reference/engine-benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.limits import Limits
from engine.machine import machine_name
from engine.table import table, unreached
from run import measure

PARTS = ("step", "inference", "memory", "tape", "start", "contention", "peers", "kernels")
QUICK = ["--pairs", "3", "--block", "0.15", "--patience", "0"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--quick", action="store_true", help="few short blocks, whatever else the machine does")
    parser.add_argument("--peers-python", default=sys.executable, help="interpreter of the peers' environment")
    parser.add_argument("--from", dest="kept", type=Path, action="append", help="rows that were saved; may be repeated")
    parser.add_argument("--runs", type=int, default=1, help="measure so many times")
    parser.add_argument("--save", type=Path, help="write all rows here")
    parser.add_argument("--hold", action="store_true", help="store the figures as what this machine holds")
    return parser.parse_args()


def measured(options: Mapping[str, Sequence[str]], failed: list[str]) -> dict[str, Any]:
    """Rows and facts of one run of some parts; those that fail are added to `failed`."""
    found: dict[str, Any] = {"rows": {}, "facts": {}}
    for part, given in options.items():
        outcome = measure(f"engine_{part}", given)
        if not outcome.is_good:
            failed.append(part)
        if outcome.result is not None:
            found["rows"] |= outcome.result["rows"]
            found["facts"] |= outcome.result["facts"]
    return found


def main() -> int:
    given = arguments()
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in given.kept or ()]
    parts = given.only or ([] if given.kept else PARTS)
    failed: list[str] = []
    for _ in range(given.runs if parts else 0):
        options = {part: [*(QUICK if given.quick else [])] for part in parts}
        if "peers" in options:
            options["peers"] += ["--peers-python", given.peers_python]
        runs.append(measured(options, failed))
    known: dict[str, Any] = {"rows": {}, "facts": {}}
    for run in runs:
        known["rows"] |= run["rows"]
        known["facts"] |= run["facts"]
    if given.save:
        given.save.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.hold:
        Limits.load().holding([run["rows"] for run in runs], machine=machine_name()).save()
    print()
    print(table(known["rows"], facts=known["facts"]))
    for name in unreached(known["rows"]):
        print(f"goal not reached yet: {name}", file=sys.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
