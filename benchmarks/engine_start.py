"""How long does a fresh process take to import the engine, and to train its first step?

Warm: one start before the first that counts fills the caches of disk and compiler. The import is timed inside of the
process, from the line before it to the line after it; the first step from the start of the process to its loss.
PyTorch stands beside both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from engine.command import effort_of, finish, parser_of, show
from engine.oneshot import run_once
from engine.pairing import paired, value_row
from engine.process import Block
from engine.rounds import run_rounds

FIRST_STEPS = ("mlp", "lstm_h64", "cnn")
IMPORT = "import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"


def import_block(module: str) -> Block:
    """Seconds of one import in a fresh process."""
    block, seconds = run_once([sys.executable, "-c", IMPORT.format(module=module)], threads=1)
    return Block(**{**vars(block), "wall": float(seconds)})  # type: ignore[arg-type]


def first_step_block(side: str, workload: str, *, threads: int) -> Block:
    """Seconds from nothing to the loss of the first step."""
    command = [sys.executable, "-m", "engine.training_once", side, workload, "1"]
    return run_once(command, threads=threads)[0]


def main() -> int:
    parser = parser_of(__doc__, pairs=7)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    effort, threads = effort_of(given), given.threads
    questions: dict[str, Sequence[Callable[[], Block]]] = {
        "start/import": (lambda: import_block("azuraforge_core"), lambda: import_block("torch"))
    }
    for name in FIRST_STEPS:
        questions[f"start/first_step/{name}"] = tuple(
            lambda side=side, name=name: first_step_block(side, name, threads=threads) for side in ("ours", "torch")
        )
    rows: dict[str, Any] = {}
    for row, (ours, theirs) in questions.items():
        ours(), theirs()  # warm
        blocks = run_rounds({"ours": ours, "torch": theirs}, effort=effort)
        rows[row] = value_row(blocks["ours"], unit="s")
        rows[f"{row}/torch"] = paired(blocks["ours"], blocks["torch"]).as_json()
        show(row, rows[row])
        show(f"{row}/torch", rows[f"{row}/torch"])
    return finish("engine_start", rows, facts={})


if __name__ == "__main__":
    sys.exit(main())
