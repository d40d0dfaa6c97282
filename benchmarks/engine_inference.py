"""How long does a trained model take for one row, beside onnxruntime and PyTorch eager, with one thread?

Five models, one row each, what a predictor answers to a single request. The answers must agree before any time counts.
The ratio is to onnxruntime, the faster of the two as a rule; the rows say both.

    python benchmarks/engine_inference.py --workload mlp --pairs 5
"""

from __future__ import annotations

import sys
from typing import Any

from engine.agreement import check_values
from engine.command import effort_of, finish, parser_of, show, time_text
from engine.pairing import paired
from engine.rounds import measure
from engine.workloads import INFERENCE

PEERS = ("onnxruntime", "torch")


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--workload", action="append", choices=INFERENCE, help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    rows: dict[str, Any] = {}
    facts: dict[str, str] = {}
    for name in given.workload or INFERENCE:
        done = measure(
            ["ours", *PEERS],
            kind="answer",
            subject=name,
            threads=given.threads,
            effort=effort_of(given),
            check=check_values,
        )
        facts |= done.facts
        worst = {side: time_text(max(block.p99 for block in blocks) * 1e3) for side, blocks in done.blocks.items()}
        print(f"  {name}, slowest of a hundred: {worst}")
        for peer in PEERS:
            row = f"answer/{name}/{given.threads}/{peer}"
            rows[row] = paired(done.blocks["ours"], done.blocks[peer]).as_json()
            show(row, rows[row])
    return finish("engine_inference", rows, facts=facts, headline="*/onnxruntime")


if __name__ == "__main__":
    sys.exit(main())
