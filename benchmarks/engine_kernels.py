"""Which single op got slower: matrix products, Adam, softmax, normalisation, convolution beside PyTorch's?

Where a training step lost time, this says in which of its parts. Matrix products also stand beside NumPy's. What an
op computes, gradients included, must agree before any time counts.

    python benchmarks/engine_kernels.py --kernel gemm_64x256x64 --threads 1 --pairs 5
"""

from __future__ import annotations

import sys
from typing import Any

from engine.agreement import check_values
from engine.command import effort_of, finish, parser_of, show
from engine.kernels import KERNELS
from engine.pairing import paired
from engine.rounds import measure

PEERS = {"gemm": ["torch", "numpy"], "adam": ["torch", "torch_fused"]}


def main() -> int:
    parser = parser_of(__doc__, pairs=7)
    parser.add_argument("--kernel", action="append", choices=KERNELS, help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, action="append", help="only this number; may be repeated")
    given = parser.parse_args()
    rows: dict[str, Any] = {}
    facts: dict[str, str] = {}
    for name in given.kernel or KERNELS:
        peers = PEERS.get(KERNELS[name].op, ["torch"])
        for threads in given.threads or (1, 2):
            done = measure(
                ["ours", *peers],
                kind="kernel",
                subject=name,
                threads=threads,
                effort=effort_of(given),
                check=check_values,
            )
            facts |= done.facts
            for peer in peers:
                row = f"kernel/{name}/{threads}/{peer}"
                rows[row] = paired(done.blocks["ours"], done.blocks[peer]).as_json()
                show(row, rows[row])
    return finish("engine_kernels", rows, facts=facts)


if __name__ == "__main__":
    sys.exit(main())
