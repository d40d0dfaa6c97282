"""How do JAX (jit), HIPS autograd and tinygrad (TinyJit) train the same models on this CPU, beside PyTorch eager?

For the table in the README, so that a reader sees where the engine stands among its kind. The peers are nobody's
dependency: `--peers-python` names the interpreter of an environment that holds them, and what is not installed there is
said to be missing. Losses after 5 and 100 steps agree with PyTorch's before any time counts. Ratios are to PyTorch.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install jax autograd tinygrad
    python benchmarks/engine_peers.py --peers-python /tmp/peers/bin/python
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from engine.agreement import check_losses
from engine.command import effort_of, finish, parser_of, show
from engine.pairing import paired
from engine.rounds import measure

WORKLOADS_OF = {
    "jax": ("lstm_h64", "lstm_h256", "gru_h64", "mlp", "cnn", "transformer"),
    "autograd": ("lstm_h64", "mlp"),
    "tinygrad": ("mlp",),
}
"""What each is asked for. autograd has no convolution worth the name, and tinygrad takes minutes to compile an LSTM."""


def is_installed(package: str, *, python: str) -> bool:
    """Whether that interpreter can find the package."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def main() -> int:
    parser = parser_of(__doc__, pairs=3)
    parser.add_argument("--peers-python", default=sys.executable, help="interpreter of the peers' environment")
    parser.add_argument("--peer", action="append", choices=WORKLOADS_OF, help="only this one; may be repeated")
    parser.add_argument("--workload", action="append", help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    asked = given.peer or list(WORKLOADS_OF)
    peers = [peer for peer in asked if is_installed(peer, python=given.peers_python)]
    for peer in sorted(set(asked) - set(peers)):
        print(f"{peer} is not installed in {given.peers_python}: not measured")
    rows: dict[str, Any] = {}
    facts: dict[str, str] = {}
    for name in dict.fromkeys(name for peer in peers for name in WORKLOADS_OF[peer]):
        if given.workload and name not in given.workload:
            continue
        sides = ["ours", *(peer for peer in peers if name in WORKLOADS_OF[peer])]
        done = measure(
            ["torch", *sides],
            kind="step",
            subject=name,
            threads=given.threads,
            effort=effort_of(given),
            check=check_losses,
            python_of=dict.fromkeys(peers, given.peers_python),
        )
        facts |= done.facts
        for side in sides:
            row = f"peer/{name}/{given.threads}/{side}"
            rows[row] = paired(done.blocks[side], done.blocks["torch"]).as_json()
            show(row, rows[row], sides=(side, "torch"))
    return finish("engine_peers", rows, facts=facts, headline="*/ours")


if __name__ == "__main__":
    sys.exit(main())
