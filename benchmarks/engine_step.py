"""How long is one training step beside PyTorch eager?

A step is forward, loss, backward, Adam and the loss as a Python number, in float32. Every candidate runs in its own
process from the same weights on the same data; the losses after 5 and 100 steps must agree before any time counts.
Blocks run forth and back (ours, PyTorch, PyTorch, ours); the ratio is the median over pairs, with its quartiles.

Beside them runs the floor: the products of matrices of the step and Adam's rows, as fast as this processor can
(`engine/floor.py`). Rows `floor/…` say which ratio to PyTorch it has: no program gets below.

    python benchmarks/engine_step.py --workload lstm_h64 --threads 1 --pairs 5

is the quick way while a kernel is being written; without arguments every workload runs at 1 and 2 threads.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from engine.agreement import check_losses
from engine.command import effort_of, finish, parser_of, show
from engine.pairing import paired
from engine.rounds import measure
from engine.workloads import WORKLOADS

FLOOR = "floor"


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
                ["ours", *peers, FLOOR],
                kind="step",
                subject=name,
                threads=threads,
                effort=effort_of(given),
                check=check_trained,
            )
            print(f"  {name}, {threads} thread(s), losses after 5 and 100 steps: {done.checks}")
            facts |= done.facts
            for peer in peers:
                for kind, side in (("step", "ours"), (FLOOR, FLOOR)):
                    row = f"{kind}/{name}/{threads}/{peer}"
                    rows[row] = {**paired(done.blocks[side], done.blocks[peer]).as_json(), "threads": threads}
                    show(row, rows[row], sides=(side, "theirs"))
    return finish("engine_step", rows, facts=facts, headline="step/*")


def check_trained(subject: str, ours: Sequence[float], theirs: Sequence[float], *, peer: str) -> None:
    """Losses of a training must agree; the floor trains nothing."""
    if peer != FLOOR:
        check_losses(subject, ours, theirs, peer=peer)


if __name__ == "__main__":
    sys.exit(main())
