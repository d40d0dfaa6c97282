"""Run the engine's benchmarks and print the README's table of them: the one place where its figures come from.

    python benchmarks/engine_table.py                                        everything, about half an hour
    python benchmarks/engine_table.py --quick --only step                    a rough look at the training steps
    python benchmarks/engine_table.py --save figures.json                    keep the rows
    python benchmarks/engine_table.py --from figures.json --only inference   some anew, the others as they were kept
    python benchmarks/engine_table.py --hold                                 and make them this machine's limits

`--hold` is for a quiet machine: it stores what was measured as what this machine holds, rows in which others
disturbed more than half of the pairs excepted. See docs/reference/engine-benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
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
    parser.add_argument("--from", dest="kept", type=Path, help="rows that were saved; alone it only prints them")
    parser.add_argument("--save", type=Path, help="write all rows here")
    parser.add_argument("--hold", action="store_true", help="store the figures as what this machine holds")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    known: dict[str, Any] = {"rows": {}, "facts": {}}
    if given.kept:
        known = json.loads(given.kept.read_text(encoding="utf-8"))
    failed = []
    for part in given.only or ([] if given.kept else PARTS):
        options = [*(QUICK if given.quick else []), *(["--peers-python", given.peers_python] * (part == "peers"))]
        outcome = measure(f"engine_{part}", options)
        if not outcome.is_good:
            failed.append(part)
        if outcome.result is not None:
            known["rows"] |= outcome.result["rows"]
            known["facts"] |= outcome.result["facts"]
    if given.save:
        given.save.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.hold:
        Limits.load().holding(known["rows"], machine=machine_name()).save()
    print()
    print(table(known["rows"], facts=known["facts"]))
    for name in unreached(known["rows"]):
        print(f"goal not reached yet: {name}", file=sys.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
