"""How long is one training step beside PyTorch eager?

A step is forward, loss, backward, Adam and the loss as a Python number, in float32. Every candidate runs in its own
process from the same weights on the same data; the losses after 5 and 100 steps must agree before any time counts.
Blocks run forth and back (ours, PyTorch, PyTorch, ours); the ratio is the median over pairs, with its quartiles.

    python benchmarks/engine_step.py --workload lstm_h64 --threads 1 --pairs 5

is the quick way while a kernel is being written; without arguments every workload runs at 1 and 2 threads.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from typing import Any

from engine.agreement import check_losses
from engine.machine import machine_facts
from engine.pairing import order_of, paired
from engine.process import Block, Candidate
from engine.quiet import Gate
from engine.workloads import WORKLOADS, Workload

PAIRS, BLOCK_S, PATIENCE_S = 15, 0.3, 60.0


def measure(
    workload: Workload, *, threads: int, peers: list[str], pairs: int, block_s: float, patience_s: float
) -> dict[str, Any]:
    """All candidates of one workload at one number of threads: their facts, and a row per peer."""
    names = ["ours", *peers]
    candidates = {name: Candidate(name, kind="step", workload=workload.name, threads=threads) for name in names}
    losses = {name: candidate.hello["losses"] for name, candidate in candidates.items()}
    for peer in peers:
        check_losses(workload.name, losses["ours"], losses[peer], peer=peer)
    gate = Gate(patience_s=patience_s)
    blocks: dict[str, list[Block]] = {name: [] for name in names}
    for turn in range(pairs):
        for name in order_of(turn, names):
            blocks[name].append(gate.run(lambda name=name: candidates[name].block(block_s)))
    for candidate in candidates.values():
        candidate.close()
    rows = {f"step/{workload.name}/{threads}/{peer}": paired(blocks["ours"], blocks[peer]).as_json() for peer in peers}
    facts: dict[str, str] = {}
    for candidate in candidates.values():
        facts |= candidate.hello["facts"]
    return {"rows": rows, "facts": facts, "losses": losses}


def show(name: str, row: dict[str, Any]) -> None:
    """One line for people."""
    note = f", machine busy in {row['loaded']:.0%} of pairs" if row["loaded"] else ""
    print(
        f"{name}: ours {row['ours_ms']:.2f} ms, theirs {row['theirs_ms']:.2f} ms, ratio {row['ratio']:.2f} "
        f"[{row['low']:.2f}-{row['high']:.2f}], by processor time {row['cpu_ratio']:.2f}{note}",
        flush=True,
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, action="append", help="only this number; may be repeated")
    parser.add_argument("--peer", action="append", help="torch, torch_fused or torch_channels_last; may be repeated")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--block", type=float, default=BLOCK_S, help="seconds of one block")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="seconds to wait for a quiet machine")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    rows: dict[str, Any] = {}
    facts: dict[str, str] = machine_facts()
    for name in given.workload or WORKLOADS:
        for threads in given.threads or (1, 2):
            workload = WORKLOADS[name]
            done = measure(
                workload,
                threads=threads,
                peers=given.peer or list(workload.peers),
                pairs=given.pairs,
                block_s=given.block,
                patience_s=given.patience,
            )
            for peer, losses in done["losses"].items():
                print(f"  {name}, {threads} thread(s), loss after 5 and 100 steps: {peer} {losses}")
            for row_name, row in done["rows"].items():
                show(row_name, row)
            rows |= done["rows"]
            facts |= done["facts"]
    ratios = [row["ratio"] for row in rows.values()]
    result = {
        "benchmark": "engine_step",
        "ratio": round(math.exp(sum(map(math.log, ratios)) / len(ratios)), 3),
        "rows": rows,
        "facts": facts,
        "load_average": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
