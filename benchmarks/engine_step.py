"""How long is one training step beside PyTorch eager?

A step is forward, loss, backward, Adam and the loss as a Python number, in float32. Every candidate runs in its own
process from the same weights on the same data; the losses after 5 and 100 steps must agree before any time counts.
Blocks run forth and back (ours, PyTorch, PyTorch, ours); the ratio is the median over pairs, with its quartiles.

    python benchmarks/engine_step.py --workload lstm_h64 --threads 1 --pairs 5

is the quick way while a kernel is being written; without arguments every workload runs at 1 and 2 threads.
"""

from __future__ import annotations

import sys
from typing import Any

from engine.agreement import check_losses
from engine.command import effort_of, finish, parser_of, show
from engine.pairing import paired
from engine.rounds import measure
from engine.workloads import WORKLOADS


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, action="append", help="only this number; may be repeated")
    parser.add_argument("--peer", action="append", help="torch, torch_fused, torch_channels_last; may be repeated")
    given = parser.parse_args()
    rows: dict[str, Any] = {}
    facts: dict[str, str] = {}
    for name in given.workload or WORKLOADS:
        peers = given.peer or list(WORKLOADS[name].peers)
        for threads in given.threads or (1, 2):
            done = measure(
                ["ours", *peers],
                kind="step",
                subject=name,
                threads=threads,
                effort=effort_of(given),
                check=check_losses,
            )
            print(f"  {name}, {threads} thread(s), losses after 5 and 100 steps: {done.checks}")
            facts |= done.facts
            for peer in peers:
                row = f"step/{name}/{threads}/{peer}"
                rows[row] = paired(done.blocks["ours"], done.blocks[peer]).as_json()
                show(row, rows[row])
    return finish("engine_step", rows, facts=facts)


if __name__ == "__main__":
    sys.exit(main())
