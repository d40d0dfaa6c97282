"""How much memory does a training take at its peak, imports included, beside PyTorch eager?

Each side trains 10 steps in a process of its own; the figure is the kernel's record of resident memory. The losses
after those steps must agree before any byte counts.

    python benchmarks/engine_memory.py --workload mlp --pairs 1
"""

from __future__ import annotations

import sys
from typing import Any

from engine.agreement import LOSS_TOLERANCES
from engine.command import finish, parser_of
from engine.oneshot import run_once
from engine.pairing import quartiles
from engine.workloads import WORKLOADS

STEPS = 10
MEGABYTE = 1 << 20


def peaks_of(workload: str, *, threads: int) -> tuple[float, float, dict[str, str]]:
    """Megabytes of ours and of PyTorch."""
    answers = {}
    for side in ("ours", "torch"):
        _, answers[side] = run_once(
            [sys.executable, "-m", "engine.training_once", side, workload, str(STEPS)], threads=threads
        )
    our_loss, their_loss = answers["ours"]["loss"], answers["torch"]["loss"]
    if not abs(our_loss - their_loss) <= LOSS_TOLERANCES[-1] * abs(their_loss):
        raise SystemExit(f"{workload}: our loss is {our_loss}, PyTorch's {their_loss}: no byte counts")
    facts = answers["torch"]["facts"] | answers["ours"]["facts"]
    return answers["ours"]["peak"] / MEGABYTE, answers["torch"]["peak"] / MEGABYTE, facts


def main() -> int:
    parser = parser_of(__doc__, pairs=3)
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    rows: dict[str, Any] = {}
    facts: dict[str, str] = {}
    for name in given.workload or WORKLOADS:
        pairs = [peaks_of(name, threads=given.threads) for _ in range(given.pairs)]
        low, middle, high = quartiles([ours / theirs for ours, theirs, _ in pairs])
        ours, theirs, facts = pairs[-1]
        rows[f"memory/{name}/torch"] = {
            "ratio": round(middle, 3),
            "low": round(low, 3),
            "high": round(high, 3),
            "ours_mb": round(ours),
            "theirs_mb": round(theirs),
        }
        print(f"memory/{name}: ours {ours:.0f} MB, PyTorch {theirs:.0f} MB, ratio {middle:.2f}", flush=True)
    return finish("engine_memory", rows, facts=facts)


if __name__ == "__main__":
    sys.exit(main())
